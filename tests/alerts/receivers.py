"""Real receivers on this machine: a mail server, and a web server with bad days."""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.runtime.conftest import free_port


class Mailbox:
    """What a mail server was handed, in order."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_DATA(
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep one mail, or answer what the test wants."""
        if self.answer.startswith("250"):
            content = envelope.original_content or b""
            mail = message_from_bytes(content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            mail["X-To"] = ",".join(envelope.rcpt_tos)
            self.mails.append(mail)
        return self.answer


class MailServer:
    """A mail server in a thread."""

    def __init__(self) -> None:
        self.box = Mailbox()
        self.port = free_port()
        self._controller = Controller(self.box, hostname="127.0.0.1", port=self.port)

    def start(self) -> None:
        """Listen."""
        self._controller.start()

    def stop(self) -> None:
        """Leave nothing behind."""
        self._controller.stop()


@dataclass(frozen=True, slots=True)
class Post:
    """One request that a web receiver took."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)

    @property
    def delivery(self) -> str:
        """The id by which a repeat is known."""
        return self.headers["x-gatehouse-delivery"]

    def is_signed_with(self, key: str) -> bool:
        """Check the signature as README.md says."""
        stamp = self.headers["x-gatehouse-timestamp"]
        signed = stamp.encode() + b"." + self.body
        expected = "v1=" + hmac.new(key.encode(), signed, "sha256").hexdigest()
        return hmac.compare_digest(expected, self.headers["x-gatehouse-signature"])


@dataclass
class Receiver:
    """A web server that keeps what it is sent."""

    posts: list[Post] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)  # statuses; the last one stays
    before: Callable[[Post], object] | None = None  # runs before the answer
    location: str = ""

    def start(self) -> None:
        """Listen on a port of its own."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                headers = {name.lower(): text for name, text in self.headers.items()}
                receiver.answer(self, Post(self.path, headers, self.rfile.read(size)))

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def answer(self, handler: BaseHTTPRequestHandler, post: Post) -> None:
        """Keep a request and answer it."""
        self.posts.append(post)
        if self.before is not None:
            self.before(post)
        several = len(self.answers) > 1
        status = (self.answers.pop(0) if several else self.answers[0]) or 200
        handler.send_response(status)
        if self.location:
            handler.send_header("Location", self.location)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"ok")

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/hooks/T0/B1/secret"

    def stop(self) -> None:
        """Leave nothing behind."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

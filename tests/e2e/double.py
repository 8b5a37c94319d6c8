"""An xAI of one key that says whatever a test wants, hostile things included.

The sandbox cannot be made to; this one has no rules. It answers on loopback, in
threads, until it is closed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

SECRET = "xai-" + "D0uble" * 10


@dataclass
class Double:
    """What is told next. Change it between two calls."""

    port: int = 0
    models: list[str] = field(default_factory=lambda: ["grok-4.3"])
    answer: str = ""
    reasoning: str = ""
    served: str = "grok-4.3"
    error: str = ""  # if set, chat answers 400 with it
    tokens: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def key(self) -> dict[str, Any]:
        flags = dict.fromkeys(
            ("team_blocked", "api_key_blocked", "api_key_disabled"), False
        )
        acls = ["api-key:model:*", "api-key:endpoint:*"]
        return {**_IDS, **flags, "name": "double", "acls": acls}

    def language_models(self) -> dict[str, Any]:
        return {"models": [{"id": name, **_PRICES} for name in self.models]}

    def tokenized(self) -> dict[str, Any]:
        rows = [
            {"token_id": at, "string_token": text, "token_bytes": list(text.encode())}
            for at, text in enumerate(self.tokens)
        ]
        return {"token_ids": rows}

    def events(self) -> Iterator[bytes]:
        """Yield a chat stream, three characters at a time."""
        for kind, text in (
            ("reasoning_content", self.reasoning),
            ("content", self.answer),
        ):
            for at in range(0, len(text), 3):
                choice = {"index": 0, "delta": {kind: text[at : at + 3]}}
                yield self._event(choices=[choice])
        usage = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
        yield self._event(choices=[], usage=usage)
        yield b"data: [DONE]\n\n"

    def _event(self, **body: Any) -> bytes:
        return f"data: {json.dumps({'model': self.served, **body})}\n\n".encode()


_IDS = {name: str(uuid4()) for name in ("api_key_id", "team_id", "user_id")}
_PRICES = {"prompt_text_token_price": 12500, "completion_text_token_price": 25000}


@contextmanager
def answering() -> Iterator[Double]:
    """Run one double."""
    double = Double()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/v1/api-key":
                self.say(double.key())
            elif self.path == "/v1/language-models":
                self.say(double.language_models())
            else:
                self.say({"data": [{"id": name} for name in double.models]})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/tokenize-text":
                self.say(double.tokenized())
            elif double.error:
                self.say({"code": "invalid-argument", "error": double.error}, 400)
            else:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                for event in double.events():
                    self.wfile.write(event)

        def say(self, body: dict[str, Any], status: int = 200) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    double.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

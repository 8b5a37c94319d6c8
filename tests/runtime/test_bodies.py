"""The guard before the application: how large and how slow a body may be."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta

import pytest

from console.runtime.bodies import BodyGuard, Message, Receive, Scope, Send

LIMIT = 1024


class Client:
    """Sends a request in the given pieces and keeps the answer."""

    def __init__(self, pieces: Iterable[bytes], *, length: int | None = None) -> None:
        headers = [] if length is None else [(b"content-length", b"%d" % length)]
        self.scope: Scope = {"type": "http", "path": "/", "headers": headers}
        self.messages: list[Message] = [
            {"type": "http.request", "body": piece, "more_body": True}
            for piece in pieces
        ]
        self.answer: list[Message] = []
        self.seen = b""

    def complete(self) -> Client:
        self.messages.append({"type": "http.request", "body": b"", "more_body": False})
        return self

    def leave(self) -> Client:
        self.messages.append({"type": "http.disconnect"})
        return self

    async def receive(self) -> Message:
        if not self.messages:
            await asyncio.Event().wait()
        return self.messages.pop(0)

    async def send(self, message: Message) -> None:
        self.answer.append(message)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        self.seen = message["body"]
        assert not message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def request(self, seconds: float = 5) -> int | None:
        time = timedelta(seconds=seconds)
        guard = BodyGuard(self.app, limit=LIMIT, time=time)
        await guard(self.scope, self.receive, self.send)
        return self.answer[0]["status"] if self.answer else None


async def test_a_body_within_the_limit_arrives_whole() -> None:
    client = Client([b"a" * 512, b"b" * 512]).complete()

    assert await client.request() == 200
    assert client.seen == b"a" * 512 + b"b" * 512


@pytest.mark.parametrize(("mib", "status"), [(5, 200), (6, 413), (11, 413)])
async def test_a_path_may_take_more_than_is_dropped_elsewhere(
    mib: int, status: int
) -> None:
    piece, most = b"a" * 1024 * 1024, 5 * 1024 * 1024
    client = Client([piece] * mib, length=mib * len(piece)).complete()
    guard = BodyGuard(
        client.app, limit=LIMIT, time=timedelta(seconds=5), larger={"/": most}
    )

    await guard(client.scope, client.receive, client.send)

    assert client.answer[0]["status"] == status
    assert len(client.seen) == (most if status == 200 else 0)


async def test_a_body_over_the_limit_is_counted_without_a_declared_length() -> None:
    client = Client([b"a" * 512] * 3).complete()

    assert await client.request() == 413
    assert client.seen == b""
    assert client.answer[1]["body"] == b"This request is too large: at most 1 KiB."


@pytest.mark.parametrize(
    ("accept", "body", "kind"),
    [
        (b"text/html,*/*;q=0.8", b"<b>/: at most 5 MiB.", b"text/html"),
        (b"*/*", b"This request is too large: at most 5 MiB.", b"text/plain"),
        (b"", b"This request is too large: at most 5 MiB.", b"text/plain"),
    ],
)  # fmt: skip
async def test_a_browser_gets_a_page_that_names_the_limit_as_the_form_does(
    accept: bytes, body: bytes, kind: bytes
) -> None:
    client = Client([b"a" * 1024 * 1024] * 6).complete()
    client.scope["headers"].append((b"accept", accept))
    guard = BodyGuard(
        client.app,
        limit=5 * 1024 * 1024 + 64 * 1024,
        time=timedelta(seconds=5),
        page=lambda path, _, sentence: f"<b>{path}: {sentence.partition(': ')[2]}",
    )

    await guard(client.scope, client.receive, client.send)

    start, content = client.answer
    headers = dict(start["headers"])
    assert (start["status"], content["body"]) == (413, body)
    assert headers[b"content-type"] == kind + b"; charset=utf-8"
    assert headers[b"content-security-policy"].startswith(b"default-src 'self'")


@pytest.mark.parametrize(
    ("referer", "came_from"),
    [
        (b"http://ours.example/budgets/?name=x", "/budgets/"),
        (b"http://theirs.example/budgets/", ""),
        (b"http://ours.example//theirs.example/", ""),
        (b"http://ours.example/\\\\theirs.example/", ""),
        (b"http://[", ""),
        (b"", ""),
    ],
)
async def test_a_page_learns_which_page_of_ours_sent_too_much(
    referer: bytes, came_from: str
) -> None:
    told: list[str] = []

    def page(*about: str) -> str:
        told.extend(about)
        return ""

    client = Client([b"a" * 2048]).complete()
    client.scope["headers"] += [
        (b"accept", b"text/html"),
        (b"host", b"ours.example"),
        (b"referer", referer),
    ]
    time = timedelta(seconds=5)
    guard = BodyGuard(client.app, limit=LIMIT, time=time, page=page)

    await guard(client.scope, client.receive, client.send)

    assert told == ["/", came_from, "This request is too large: at most 1 KiB."]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/prompts/3f2b8c1e-0000-4000-8000-00000000abcd/", 200),
        ("/prompts/3f2b8c1e-0000-4000-8000-00000000abcd/delete/", 413),
        ("/prompts/3f2b8c1e/", 413),
    ],
)
async def test_a_path_with_an_id_may_take_more(path: str, status: int) -> None:
    client = Client([b"a" * 2048]).complete()
    client.scope["path"] = path
    time, larger = timedelta(seconds=5), {"/prompts/*/": 4096}
    guard = BodyGuard(client.app, limit=LIMIT, time=time, larger=larger)

    await guard(client.scope, client.receive, client.send)

    assert client.answer[0]["status"] == status


async def test_a_length_that_lies_does_not_help() -> None:
    client = Client([b"a" * 2048], length=10).complete()

    assert await client.request() == 413


async def test_a_huge_declared_length_is_refused_before_a_byte_is_read() -> None:
    client = Client([b"a"], length=10**10)

    assert await client.request() == 413
    assert len(client.messages) == 1
    assert (b"connection", b"close") in client.answer[0]["headers"]


async def test_a_body_without_end_is_refused() -> None:
    client = Client([b"a" * 2**20] * 6)

    assert await client.request() == 413


async def test_a_body_that_does_not_arrive_in_time_is_refused() -> None:
    client = Client([b"a"])

    assert await client.request(seconds=0.05) == 408


async def test_a_client_that_leaves_gets_no_answer() -> None:
    client = Client([b"a"]).leave()

    assert await client.request() is None
    assert client.seen == b""


async def test_after_the_body_the_application_sees_what_comes() -> None:
    client = Client([]).complete().leave()
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend([(await receive())["type"], (await receive())["type"]])

    guard = BodyGuard(app, limit=LIMIT, time=timedelta(seconds=5))
    await guard(client.scope, client.receive, client.send)

    assert seen == ["http.request", "http.disconnect"]


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
async def test_other_kinds_pass_untouched(kind: str) -> None:
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    client = Client([])
    guard = BodyGuard(app, limit=LIMIT, time=timedelta(seconds=5))
    await guard({"type": kind}, client.receive, client.send)

    assert seen == [{"type": kind}]

"""A server of a few lines on loopback that answers with given bytes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter
Talk: TypeAlias = Callable[[Reader, Writer], Awaitable[None]]


class Loopback:
    """What the server has seen."""

    def __init__(self) -> None:
        self.url = ""
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self.lost = asyncio.Event()  # a client closed its connection


def http(status: str, body: bytes, *headers: str) -> bytes:
    """Write a whole answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@asynccontextmanager
async def serving(*answers: bytes | Talk) -> AsyncIterator[Loopback]:
    """Serve on loopback; the last answer is given again and again.

    Bytes are written and the connection kept if they are a whole answer. A function
    talks itself, and its connection is closed after it.
    """
    seen, left = Loopback(), list(answers)

    async def converse(reader: Reader, writer: Writer) -> None:
        seen.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                seen.heads.append(head)
                size = [
                    line.split(b":")[1]
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length")
                ]
                seen.bodies.append(
                    await reader.readexactly(int(*size)) if size else b""
                )
                answer = left.pop(0) if left[1:] else left[0]
                if not isinstance(answer, bytes):
                    await answer(reader, writer)
                    break
                writer.write(answer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            seen.lost.set()
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    seen.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield seen
    finally:
        server.close()


async def reset(reader: Reader, writer: Writer) -> None:
    writer.transport.abort()


async def hang(reader: Reader, writer: Writer) -> None:
    await reader.read()


async def hang_in_the_body(reader: Reader, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    await hang(reader, writer)


async def close(reader: Reader, writer: Writer) -> None:
    """Leave without a word."""


def saying(text: bytes) -> Talk:
    async def talk(reader: Reader, writer: Writer) -> None:
        writer.write(text)
        await writer.drain()

    return talk

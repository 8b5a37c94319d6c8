"""The sandbox, noting when it sent each event that carries characters.

    python -m tests.benchmarks.stamping --port 8901 --state sandbox.json

It goes on from the state file of another sandbox and leaves that file as it is. GET
/stamps tells what was noted, by prompt, and forgets it: seconds of the clock that all
processes of one machine share, and how many characters left then.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from time import monotonic

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.sandbox import state
from console.sandbox.app import create_app

CHARACTERS = b'content":"'  # stands in each event that brings some, and in no other


def characters_in(block: bytes) -> int:
    """Return how many characters of an answer one event brings, xAI's or ours."""
    data = json.loads(block.partition(b"data: ")[2])
    if "text" in data:
        return len(data["text"])
    delta = data["choices"][0]["delta"]
    return len(delta.get("content") or "") + len(delta.get("reasoning_content") or "")


class Stamping:
    """Passes everything on, and notes the time as it does."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.stamps: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/stamps":
            await self._tell(send)
            return
        body = bytearray()

        async def overhear() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        noted: list[tuple[float, int]] | None = None

        async def stamp(message: Message) -> None:
            nonlocal noted
            if CHARACTERS in message.get("body", b"") and message.get("more_body"):
                if noted is None:
                    noted = self.stamps[json.loads(body)["messages"][-1]["content"]]
                noted.append((monotonic(), characters_in(message["body"])))
            await send(message)

        await self.app(scope, overhear, stamp)

    async def _tell(self, send: Send) -> None:
        body = json.dumps(self.stamps).encode()
        self.stamps.clear()
        head = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True)
    arguments = parser.parse_args()
    sandbox = create_app(state.load(arguments.state))
    uvicorn.run(
        Stamping(sandbox),
        port=arguments.port,
        log_level="critical",
        access_log=False,
        lifespan="off",
        timeout_keep_alive=600,  # who goes first is not what is measured
        timeout_graceful_shutdown=0,
    )


if __name__ == "__main__":
    main()

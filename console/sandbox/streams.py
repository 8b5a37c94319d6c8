"""Server-sent events with a pace, a meter and room for faults."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from console.sandbox.faults import Fault
from console.sandbox.models import Model
from console.sandbox.usage import Usage
from console.sandbox.world import Call, Settings

HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache"),
]
BROKEN = "The stream broke inside the service."


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One event. The tokens are what it adds to the usage, should it be the last."""

    data: Mapping[str, Any] | str
    named: bool = False  # with an `event:` line, the type of the data
    visible: int = 0
    reasoning: int = 0

    def encode(self) -> bytes:
        if isinstance(self.data, str):
            return f"data: {self.data}\n\n".encode()
        text = json.dumps(self.data, ensure_ascii=False, separators=(",", ":"))
        name = f"event: {self.data['type']}\n" if self.named else ""
        return f"{name}data: {text}\n\n".encode()


class EventStream(Response):
    """Sends frames one by one and books what was sent, however it ends."""

    def __init__(
        self,
        frames: Iterable[Frame],
        *,
        call: Call,
        model: Model,
        prompt: Usage,
        settings: Settings,
        fault: Fault | None,
    ) -> None:
        self.frames = frames
        self.call = call
        self.model = model
        self.usage = prompt  # grows with each frame
        self.settings = settings  # may change while it flows
        self.fault = fault
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        left = asyncio.Event()
        watcher = asyncio.create_task(_watch(receive, left))
        try:
            await send(
                {"type": "http.response.start", "status": 200, "headers": HEADERS}
            )
            if await self._send_frames(send, left):
                await send({"type": "http.response.body", "body": b""})
        finally:
            self.call.client_left = left.is_set() and not self.call.completed
            watcher.cancel()

    async def _send_frames(self, send: Send, left: asyncio.Event) -> bool:
        """Return whether the body ends in good order; a cut one does not."""
        for number, frame in enumerate(self.frames):
            if self.fault and number == self.fault.after_events:
                if not await self._strike(self.fault.kind, frame, send, left):
                    return self.fault.kind == "error_event"
                continue
            await self._pause(left)
            if left.is_set():
                return False
            await _send_bytes(send, frame.encode())
            self._meter(frame)
        self.call.completed = True
        return True

    async def _strike(
        self, kind: str, frame: Frame, send: Send, left: asyncio.Event
    ) -> bool:
        """Let the fault happen; return whether the stream goes on after it."""
        if kind == "malformed":
            await _send_bytes(send, b'data: {"id": "broken", "obj\n\n')
        elif kind == "error_event":
            await _send_bytes(send, _error_frame(frame.named).encode())
        elif kind == "hang":
            await left.wait()
        return kind not in ("cut", "hang", "error_event")

    async def _pause(self, left: asyncio.Event) -> None:
        pace = self.settings.pace
        if pace <= 0:
            await asyncio.sleep(0)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(left.wait(), pace)

    def _meter(self, frame: Frame) -> None:
        self.call.streamed_events += 1
        if frame.visible or frame.reasoning:
            self.usage = replace(
                self.usage,
                completion_tokens=self.usage.completion_tokens + frame.visible,
                reasoning_tokens=self.usage.reasoning_tokens + frame.reasoning,
            )
            self.call.usage = self.usage
            self.call.ticks = self.usage.ticks(self.model)


async def _send_bytes(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})


def _error_frame(named: bool) -> Frame:
    if named:
        error = {"type": "api_error", "message": BROKEN}
        return Frame(data={"type": "error", "error": error}, named=True)
    return Frame(data={"code": "internal", "error": BROKEN})


async def _watch(receive: Receive, left: asyncio.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    left.set()

"""The client of streams, and of whoever makes many calls at once."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx

from console.xai import endpoints
from console.xai.answers import (
    ChatCompletion,
    LegacyCompletion,
    Message,
    TextCompletion,
    Tokenization,
)
from console.xai.auth import XaiAuth
from console.xai.beat import Beat
from console.xai.endpoints import Call
from console.xai.errors import XaiError
from console.xai.exchange import (
    NEVER_SENT,
    Exchange,
    Verbatim,
    asked,
    may_repeat,
    pause,
    unreachable,
)
from console.xai.facts import (
    KeyInfo,
    LanguageModel,
    LanguageModelList,
    Model,
    ModelList,
)
from console.xai.limits import Timeouts
from console.xai.requests import (
    ChatRequest,
    CompleteRequest,
    CompletionRequest,
    MessagesRequest,
    TokenizeRequest,
)
from console.xai.stream import EventStream
from console.xai.transport import (
    FAULTS,
    async_http,
    build_request,
    check_base_url,
    waiting_parts,
)

T = TypeVar("T")
R = TypeVar("R")

# One at a time: parsed, the tokens of 1 MiB of text are some hundred megabytes.
_long_reads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="long_read")


class AsyncXaiClient:
    """Calls that wait, and streams.

    Like XaiClient; make one per process, and use it from one event loop.

    Every coroutine raises a subclass of XaiError and nothing else.
    """

    def __init__(
        self,
        base_url: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        allow_loopback_http: bool = False,
        timeouts: Timeouts | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._base = check_base_url(base_url, allow_loopback_http=allow_loopback_http)
        self._timeouts = timeouts or Timeouts()
        self._sleep = sleep
        self._http = async_http(transport)
        self._beat = Beat()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def key_info(self, *, auth: XaiAuth) -> KeyInfo:
        """Return what xAI knows about this key. Uses no tokens."""
        return await self._call(endpoints.key_info(), auth)

    async def models(self, *, auth: XaiAuth) -> ModelList:
        """Return the models of all kinds that the key sees."""
        return await self._call(endpoints.models(), auth)

    async def model(self, model_id: str, *, auth: XaiAuth) -> Model:
        """Return one model, by id or alias."""
        return await self._call(endpoints.model(model_id), auth)

    async def language_models(self, *, auth: XaiAuth) -> LanguageModelList:
        """Return the language models that the key sees, with their prices."""
        return await self._call(endpoints.language_models(), auth)

    async def language_model(self, model_id: str, *, auth: XaiAuth) -> LanguageModel:
        """Return one language model, by id or alias."""
        return await self._call(endpoints.language_model(model_id), auth)

    async def verbatim(self, call: Call[Any], *, auth: XaiAuth) -> Verbatim:
        """Return what xAI answers to one of `endpoints`, as it came."""
        return await self._ask(call, auth, Exchange.verbatim)

    async def chat(self, request: ChatRequest, *, auth: XaiAuth) -> ChatCompletion:
        """Return the answer to a chat, in one piece. Costs money."""
        return await self._call(endpoints.chat(request), auth)

    async def messages(self, request: MessagesRequest, *, auth: XaiAuth) -> Message:
        """Return the answer to a chat in the other dialect. Costs money."""
        return await self._call(endpoints.messages(request), auth)

    async def tokenize(
        self, request: TokenizeRequest, *, auth: XaiAuth
    ) -> Tokenization:
        """Return the tokens of a text."""
        return await self._call(endpoints.tokenize(request), auth)

    async def completions(
        self, request: CompletionRequest, *, auth: XaiAuth
    ) -> TextCompletion:
        """Return the continuation of a prompt; a legacy endpoint. Costs money."""
        return await self._call(endpoints.completions(request), auth)

    async def complete(
        self, request: CompleteRequest, *, auth: XaiAuth
    ) -> LegacyCompletion:
        """Return the continuation of a prompt; a legacy endpoint. Costs money."""
        return await self._call(endpoints.complete(request), auth)

    def stream_chat(self, request: ChatRequest, *, auth: XaiAuth) -> EventStream:
        """Return the events of a chat, usage included. Costs money.

        Returns at once: the request is sent when the first event is asked for.
        """
        return self._stream(endpoints.chat_stream(request), auth)

    def stream_messages(
        self, request: MessagesRequest, *, auth: XaiAuth
    ) -> EventStream:
        """Return the events of a chat in the other dialect. Costs money."""
        return self._stream(endpoints.messages_stream(request), auth)

    async def _call(self, call: Call[T], auth: XaiAuth) -> T:
        return await self._ask(call, auth, Exchange.result)

    async def _ask(
        self, call: Call[T], auth: XaiAuth, read: Callable[[Exchange[T]], R]
    ) -> R:
        answer = await self._attempt(call, auth, read)
        if isinstance(answer, XaiError) and may_repeat(call, answer):
            await self._sleep(pause())
            answer = await self._attempt(call, auth, read)
        if isinstance(answer, XaiError):
            raise answer
        return answer

    async def _attempt(
        self, call: Call[T], auth: XaiAuth, read: Callable[[Exchange[T]], R]
    ) -> R | XaiError:
        """Send and read once.

        An error is returned, so that it is raised outside of any `except` and
        keeps no trace of what happened below: those frames hold the key's header
        and xAI's text.
        """
        exchange = Exchange(call, self._timeouts)
        request = build_request(self._base, call, self._timeouts)
        clock = asyncio.get_running_loop().time
        try:
            async with (
                asyncio.timeout(exchange.seconds),
                asyncio.timeout(exchange.silence) as silence,
            ):
                response = await self._http.send(request, auth=auth, stream=True)
                try:
                    exchange.begin(response)
                    async for chunk in waiting_parts(response):
                        silence.reschedule(clock() + exchange.silence)
                        if not exchange.take(chunk):
                            break
                finally:
                    await response.aclose()
                if exchange.is_brief:
                    return read(exchange)
                silence.reschedule(None)
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(_long_reads, read, exchange)
        except FAULTS as fault:
            return unreachable(fault)
        except XaiError as error:
            return error.with_traceback(None)

    def _stream(self, call: Call[Any], auth: XaiAuth) -> EventStream:
        async def send() -> httpx.Response:
            request = build_request(self._base, call, self._timeouts)
            exchange.asked = asked(request)
            return await self._http.send(request, auth=auth, stream=True)

        async def send_patiently() -> httpx.Response:
            try:
                return await send()
            except NEVER_SENT:
                await self._sleep(pause())
            return await send()

        exchange = Exchange(call, self._timeouts)
        idle = self._timeouts.idle
        return EventStream(exchange, send_patiently, idle=idle, beat=self._beat)

"""The client of workers and commands."""

import time
from collections.abc import Callable
from typing import TypeVar

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
from console.xai.endpoints import Call
from console.xai.errors import XaiError
from console.xai.exchange import Exchange, may_repeat, pause, unreachable
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
from console.xai.transport import (
    FAULTS,
    blocking_parts,
    build_request,
    check_base_url,
    sync_http,
)

T = TypeVar("T")


class XaiClient:
    """Calls that block.

    A client has the connections, a call has the key: make one client per process.
    Making one costs 20 ms of CPU, and each would open connections of its own.

    Every method raises a subclass of XaiError and nothing else.
    """

    def __init__(
        self,
        base_url: str,
        *,
        transport: httpx.BaseTransport | None = None,
        allow_loopback_http: bool = False,
        timeouts: Timeouts | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base = check_base_url(base_url, allow_loopback_http=allow_loopback_http)
        self._timeouts = timeouts or Timeouts()
        self._sleep = sleep
        self._http = sync_http(transport)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def key_info(self, *, auth: XaiAuth) -> KeyInfo:
        """Return what xAI knows about this key. Uses no tokens."""
        return self._call(endpoints.key_info(), auth)

    def models(self, *, auth: XaiAuth) -> ModelList:
        """Return the models of all kinds that the key sees."""
        return self._call(endpoints.models(), auth)

    def model(self, model_id: str, *, auth: XaiAuth) -> Model:
        """Return one model, by id or alias."""
        return self._call(endpoints.model(model_id), auth)

    def language_models(self, *, auth: XaiAuth) -> LanguageModelList:
        """Return the language models that the key sees, with their prices."""
        return self._call(endpoints.language_models(), auth)

    def language_model(self, model_id: str, *, auth: XaiAuth) -> LanguageModel:
        """Return one language model, by id or alias."""
        return self._call(endpoints.language_model(model_id), auth)

    def chat(self, request: ChatRequest, *, auth: XaiAuth) -> ChatCompletion:
        """Return the answer to a chat, in one piece. Costs money."""
        return self._call(endpoints.chat(request), auth)

    def messages(self, request: MessagesRequest, *, auth: XaiAuth) -> Message:
        """Return the answer to a chat in the other dialect. Costs money."""
        return self._call(endpoints.messages(request), auth)

    def tokenize(self, request: TokenizeRequest, *, auth: XaiAuth) -> Tokenization:
        """Return the tokens of a text."""
        return self._call(endpoints.tokenize(request), auth)

    def completions(
        self, request: CompletionRequest, *, auth: XaiAuth
    ) -> TextCompletion:
        """Return the continuation of a prompt; a legacy endpoint. Costs money."""
        return self._call(endpoints.completions(request), auth)

    def complete(self, request: CompleteRequest, *, auth: XaiAuth) -> LegacyCompletion:
        """Return the continuation of a prompt; a legacy endpoint. Costs money."""
        return self._call(endpoints.complete(request), auth)

    def _call(self, call: Call[T], auth: XaiAuth) -> T:
        answer = self._attempt(call, auth)
        if isinstance(answer, XaiError) and may_repeat(call, answer):
            self._sleep(pause())
            answer = self._attempt(call, auth)
        if isinstance(answer, XaiError):
            raise answer
        return answer

    def _attempt(self, call: Call[T], auth: XaiAuth) -> T | XaiError:
        """Send and read once.

        An error is returned, so that it is raised outside of any `except` and
        keeps no trace of what happened below: those frames hold the key's header
        and xAI's text.
        """
        exchange = Exchange(call, self._timeouts)
        request = build_request(self._base, call, self._timeouts, read=exchange.silence)
        try:
            response = self._http.send(request, auth=auth, stream=True)
            try:
                exchange.begin(response)
                for chunk in blocking_parts(response):
                    if not exchange.take(chunk):
                        break
            finally:
                response.close()
            return exchange.result()
        except FAULTS as fault:
            return unreachable(fault)
        except XaiError as error:
            return error.with_traceback(None)

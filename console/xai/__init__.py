"""Typed access to the xAI API: the only package that opens a connection to it.

No Django in here. A client has the connections, a call has the key:

    Secret -> XaiAuth --+
                        v
    ...Request ----> XaiClient, AsyncXaiClient ----> KeyInfo, ChatCompletion, ...
                        |                            or a subclass of XaiError
                        +--> EventStream of Event (async only)
"""

from console.xai.aclient import AsyncXaiClient
from console.xai.answers import (
    Block,
    ChatChoice,
    ChatCompletion,
    LegacyCompletion,
    Message,
    TextChoice,
    TextCompletion,
    Token,
    Tokenization,
)
from console.xai.auth import XaiAuth
from console.xai.client import XaiClient
from console.xai.errors import (
    BadAnswer,
    Cause,
    KeyRejected,
    ModelNotFound,
    NotPermitted,
    OutOfCredit,
    RateLimited,
    RequestRefused,
    StreamCut,
    Unreachable,
    UpstreamDown,
    XaiError,
)
from console.xai.exchange import Asked, Verbatim
from console.xai.facts import (
    KeyInfo,
    LanguageModel,
    LanguageModelList,
    Model,
    ModelList,
)
from console.xai.judging import redact
from console.xai.limits import Timeouts
from console.xai.requests import (
    ChatRequest,
    CompleteRequest,
    CompletionRequest,
    MessagesRequest,
    TokenizeRequest,
)
from console.xai.secret import BadSecret, Secret
from console.xai.sse import Event
from console.xai.stream import EventStream
from console.xai.usage import Usage

__all__ = [
    "Asked",
    "AsyncXaiClient",
    "BadAnswer",
    "BadSecret",
    "Block",
    "Cause",
    "ChatChoice",
    "ChatCompletion",
    "ChatRequest",
    "CompleteRequest",
    "CompletionRequest",
    "Event",
    "EventStream",
    "KeyInfo",
    "KeyRejected",
    "LanguageModel",
    "LanguageModelList",
    "LegacyCompletion",
    "Message",
    "MessagesRequest",
    "Model",
    "ModelList",
    "ModelNotFound",
    "NotPermitted",
    "OutOfCredit",
    "RateLimited",
    "RequestRefused",
    "Secret",
    "StreamCut",
    "TextChoice",
    "TextCompletion",
    "Timeouts",
    "Token",
    "Tokenization",
    "TokenizeRequest",
    "Unreachable",
    "UpstreamDown",
    "Usage",
    "Verbatim",
    "XaiAuth",
    "XaiClient",
    "XaiError",
    "redact",
]

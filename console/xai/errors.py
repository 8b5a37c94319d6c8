"""What can go wrong between us and xAI.

* XaiError
  + Unreachable     no whole answer: DNS, connect, TLS,     nothing is known
                    timeout, reset
  + KeyRejected     wrong, disabled, blocked, expired; or   the key is known bad
                    its whole team is blocked
  + NotPermitted    a good key, but not for this endpoint,  another request may pass
                    model, region, product or content
  + OutOfCredit     402, 403 or 429 without credit          waiting does not help
  + RequestRefused  any other 4xx                           our request is wrong
    - ModelNotFound   no such model, or a retired one       choose another model
  + RateLimited     429                                     try again later
  + UpstreamDown    5xx, 408, 409                           nothing is known
  + BadAnswer       an answer that cannot be used           nothing is known
  + StreamCut       a stream that ended before its end      may have cost money

Messages are made of our own words only. Text from xAI or httpx is never put
into them, since it may repeat the key; xAI's own text is in `upstream_text`,
cut and redacted, for display.
"""

from enum import StrEnum
from typing import ClassVar

from console.xai.usage import Usage


class Cause(StrEnum):
    """Why a call failed, one step finer than the class of the error."""

    WRONG_KEY = "wrong_key"
    NO_CREDENTIALS = "no_credentials"
    KEY_DISABLED = "key_disabled"
    KEY_BLOCKED = "key_blocked"
    KEY_EXPIRED = "key_expired"
    TEAM_BLOCKED = "team_blocked"
    NO_CREDIT = "no_credit"
    ACL_ENDPOINT = "acl_endpoint"
    ACL_MODEL = "acl_model"
    REGION = "region"
    POLICY = "policy"
    PRODUCT = "product"
    FORBIDDEN = "forbidden"
    BAD_REQUEST = "bad_request"
    PROMPT_TOO_LONG = "prompt_too_long"
    NOT_FOUND = "not_found"
    GONE = "gone"
    TOO_LARGE = "too_large"
    MODEL_UNKNOWN = "model_unknown"
    MODEL_RETIRED = "model_retired"
    RATE_LIMIT = "rate_limit"
    CAPACITY = "capacity"
    UNREACHABLE = "unreachable"
    CONNECT = "connect"
    TIMEOUT = "timeout"
    SERVER_ERROR = "server_error"
    OVERLOADED = "overloaded"
    MALFORMED = "malformed"
    ENCODED = "encoded"
    TOO_BIG = "too_big"
    REDIRECT = "redirect"
    CUT = "cut"


WORDS = {
    Cause.WRONG_KEY: "xAI does not accept this key",
    Cause.NO_CREDENTIALS: "xAI saw no key in the request",
    Cause.KEY_DISABLED: "the key is disabled",
    Cause.KEY_BLOCKED: "xAI has blocked the key",
    Cause.KEY_EXPIRED: "the key has expired",
    Cause.TEAM_BLOCKED: "xAI has blocked the key's team",
    Cause.NO_CREDIT: "the team has no credit left or has reached its limit",
    Cause.ACL_ENDPOINT: "the key may not call this endpoint",
    Cause.ACL_MODEL: "the key may not use this model",
    Cause.REGION: "the model is not offered in this region",
    Cause.POLICY: "the content is against xAI's usage guidelines",
    Cause.PRODUCT: "the team may not use this product",
    Cause.FORBIDDEN: "xAI forbids this request",
    Cause.BAD_REQUEST: "xAI refused the request",
    Cause.PROMPT_TOO_LONG: "the prompt is longer than the model allows",
    Cause.NOT_FOUND: "xAI has nothing at this address",
    Cause.GONE: "xAI has withdrawn this feature",
    Cause.TOO_LARGE: "the request is too large",
    Cause.MODEL_UNKNOWN: "xAI knows no such model, or not for this team",
    Cause.MODEL_RETIRED: "the model has been retired",
    Cause.RATE_LIMIT: "too many requests for the team and model",
    Cause.CAPACITY: "the model is at capacity",
    Cause.UNREACHABLE: "the connection to xAI broke",
    Cause.CONNECT: "no connection to xAI",
    Cause.TIMEOUT: "xAI did not answer in time",
    Cause.SERVER_ERROR: "xAI has trouble",
    Cause.OVERLOADED: "xAI is overloaded",
    Cause.MALFORMED: "xAI's answer cannot be read",
    Cause.ENCODED: "xAI's answer is compressed, which was not asked for",
    Cause.TOO_BIG: "xAI's answer is larger than allowed",
    Cause.REDIRECT: "xAI's answer points elsewhere, and redirects are not followed",
    Cause.CUT: "the stream ended before its end",
}


class XaiError(Exception):
    """A call to xAI that gave no usable answer."""

    kind: ClassVar[str] = "error"

    def __init__(
        self,
        cause: Cause,
        *,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        upstream_text: str | None = None,
        usage: Usage | None = None,
    ) -> None:
        super().__init__(cause)
        self.cause = cause
        self.status = status  # None: no answer at all
        self.code = code  # xAI's own code, if it looks like one
        self.request_id = request_id
        self.retry_after = retry_after  # seconds, 1 to 900
        self.upstream_text = upstream_text  # redacted; for display only
        self.usage = usage  # a refused call can still cost money

    def __str__(self) -> str:
        words = WORDS[self.cause]
        return f"{words} ({self.status})" if self.status else words


class Unreachable(XaiError):
    """No whole answer came."""

    kind = "unreachable"

    def __init__(self, cause: Cause, *, sent: bool = True) -> None:
        super().__init__(cause)
        self.sent = sent  # False: not a byte of the request left


class KeyRejected(XaiError):
    """The key is known bad."""

    kind = "key_rejected"


class NotPermitted(XaiError):
    """The key is good, and this request is not allowed to it."""

    kind = "not_permitted"


class OutOfCredit(XaiError):
    """The team cannot pay."""

    kind = "out_of_credit"


class RequestRefused(XaiError):
    """Our request is wrong."""

    kind = "request_refused"


class ModelNotFound(RequestRefused):
    """The model is unknown, not offered to the team, or retired."""

    kind = "model_not_found"


class RateLimited(XaiError):
    """Too fast, or too many others."""

    kind = "rate_limited"


class UpstreamDown(XaiError):
    """xAI failed."""

    kind = "upstream_down"


class BadAnswer(XaiError):
    """An answer came that cannot be used."""

    kind = "bad_answer"


class StreamCut(XaiError):
    """A stream ended without its last event."""

    kind = "stream_cut"

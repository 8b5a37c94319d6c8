"""From a refusal of xAI to an XaiError.

xAI's status alone says little: a wrong key is a 400, a team without credit a 402,
403 or 429. So the code and the text are read as well; the bodies come in four
shapes. The rules are ordered, and the first that fits decides.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import time
from urllib.parse import unquote

from console.xai import errors
from console.xai.errors import Cause, XaiError
from console.xai.jsontext import BadJson, parse_object
from console.xai.usage import Usage

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/,()'-]{0,99}")
REQUEST_ID = re.compile(r"[A-Za-z0-9._:/=-]{1,128}")
TAG = re.compile(r"\[WKE=([a-z0-9:_-]{1,80})\]")
QUOTED = re.compile(r'"[^"]*"|`[^`]*`')
SECRETS = re.compile(
    r"(?:xai|xvk)-[\w-]{8,}"
    r"|\bauthorization\b\W{1,6}(?:bearer\W+)?\S+"
    r"|\bbearer\W{1,4}\S+"
    r"|(?<![\w-])(?=[\w-]*[0-9])(?=[\w-]*[A-Za-z])[\w-]{40,}"
    r"|[A-Za-z0-9+/=]{200,}",
    re.IGNORECASE,
)
SHOWN = 500  # characters of xAI's text

# What the code of an error stands for when it comes without a status of its own.
PRESUMED = (
    (r"unauthenticated|authentication", 401),
    (r"spending-limit", 402),
    (r"permission", 403),
    (r"not.found", 404),
    (r"too.large", 413),
    (r"resource.?.?exhausted|rate.limit|^429$", 429),
    (r"invalid|^400$", 400),
    (r"overloaded|unavailable", 529),
)

Rule = tuple[str, type[XaiError], Cause]

WRONG_KEY: Rule = (
    r"^\W*(incorrect|invalid) api key",
    errors.KeyRejected,
    Cause.WRONG_KEY,
)
POLICY = r"usage guidelines|content violat|moderation|safety_check"
NO_CREDIT: Rule = (
    r"credit|spending limit|monthly limit|licen[cs]e|billing",
    errors.OutOfCredit,
    Cause.NO_CREDIT,
)
RETIRED: Rule = (
    r"retired|deprecated|withdrawn|no longer|discontinued|sunset",
    errors.ModelNotFound,
    Cause.MODEL_RETIRED,
)

RULES: dict[int, tuple[Rule, ...]] = {
    400: (
        WRONG_KEY,
        (
            r"maximum prompt length|context (length|window)|prompt.{0,40}too long",
            errors.RequestRefused,
            Cause.PROMPT_TOO_LONG,
        ),
        (POLICY, errors.RequestRefused, Cause.POLICY),
        (
            r"\bmodel\b.{0,80}(not found|does not exist)|model not found",
            errors.ModelNotFound,
            Cause.MODEL_UNKNOWN,
        ),
    ),
    401: (
        (r"no.credentials", errors.KeyRejected, Cause.NO_CREDENTIALS),
        (r"", errors.KeyRejected, Cause.WRONG_KEY),
    ),
    402: ((r"", errors.OutOfCredit, Cause.NO_CREDIT),),
    403: (
        WRONG_KEY,
        (r"\bkey\b.{0,80}\bdisabled\b", errors.KeyRejected, Cause.KEY_DISABLED),
        (
            r"\bkey\b((?!\bteam\b).){0,80}\bblocked\b",
            errors.KeyRejected,
            Cause.KEY_BLOCKED,
        ),
        (r"\bkey\b.{0,80}\bexpired\b", errors.KeyRejected, Cause.KEY_EXPIRED),
        (r"\bteam\b.{0,80}\bblocked\b", errors.KeyRejected, Cause.TEAM_BLOCKED),
        NO_CREDIT,
        (POLICY, errors.NotPermitted, Cause.POLICY),
        (r"\bregion|\bcountry|\bterritor", errors.NotPermitted, Cause.REGION),
        (
            r"not authorized to perform this action",
            errors.NotPermitted,
            Cause.PRODUCT,
        ),
        (r"\bendpoint\b", errors.NotPermitted, Cause.ACL_ENDPOINT),
        (r"\bmodel\b", errors.NotPermitted, Cause.ACL_MODEL),
        (r"unauthenticated", errors.KeyRejected, Cause.WRONG_KEY),
        (r"", errors.NotPermitted, Cause.FORBIDDEN),
    ),
    404: (
        RETIRED,
        (r"\bmodel\b|code=.*not.found", errors.ModelNotFound, Cause.MODEL_UNKNOWN),
        (r"", errors.RequestRefused, Cause.NOT_FOUND),
    ),
    408: ((r"", errors.UpstreamDown, Cause.SERVER_ERROR),),
    409: ((r"", errors.UpstreamDown, Cause.SERVER_ERROR),),
    410: ((r"", errors.RequestRefused, Cause.GONE),),
    413: ((r"", errors.RequestRefused, Cause.TOO_LARGE),),
    429: (
        (
            r"too many requests|(requests|tokens) per",
            errors.RateLimited,
            Cause.RATE_LIMIT,
        ),
        (
            r"capacity|overloaded|heavy load|high demand|higher tier",
            errors.RateLimited,
            Cause.CAPACITY,
        ),
        NO_CREDIT,
        (r"", errors.RateLimited, Cause.RATE_LIMIT),
    ),
    503: ((r"overloaded|capacity", errors.UpstreamDown, Cause.OVERLOADED),),
    529: ((r"", errors.UpstreamDown, Cause.OVERLOADED),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The readable parts of an error's body."""

    code: str | None = None
    text: str = ""
    usage: Usage | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> "Refusal":
        """Read the flat shape and the nested one."""
        error, code = data.get("error"), data.get("code")
        if isinstance(error, dict):
            code = error.get("code") or error.get("type") or code
            text = error.get("message")
        else:
            text = error if error is not None else data.get("message")
        text = text if isinstance(text, str) else ""
        usage = Usage.from_chat(data.get("usage"))
        return cls(
            code=_clean_code(code, text),
            text=text,
            usage=usage if usage.is_known else None,
        )

    @classmethod
    def from_body(cls, body: bytes) -> "Refusal":
        """Read any body; one that is not JSON is text."""
        try:
            return cls.from_json(parse_object(body))
        except BadJson:
            text = body.decode("utf-8", "replace")
            return cls(code=_clean_code(None, text), text=text)


def _clean_code(code: object, text: str) -> str | None:
    """Return the code if it looks like one; with none, the tag in the text."""
    if isinstance(code, int):
        code = str(code)
    if not isinstance(code, str) or not code:
        tag = TAG.search(text)
        code = tag.group(1) if tag else ""
    if CODE.fullmatch(code) is None or redact(code) != code:
        return None
    return code


def redact(text: str) -> str:
    """Return the text with everything that looks like a key or token replaced."""
    return SECRETS.sub("[redacted]", text)


def shown(text: str) -> str | None:
    """Return xAI's text fit for display: decoded, redacted, one line, cut."""
    if "%20" in text:
        text = unquote(text)
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return redact(line)[:SHOWN] or None


def _verdict(status: int, refusal: Refusal) -> tuple[type[XaiError], Cause]:
    text = unquote(refusal.text) if "%20" in refusal.text else refusal.text
    plain = QUOTED.sub("", text[:4000])  # what is quoted may be the caller's words
    said = f"{plain} code={refusal.code}" if refusal.code else plain
    if "spending-limit" in (refusal.code or ""):
        return errors.OutOfCredit, Cause.NO_CREDIT
    for pattern, error, cause in RULES.get(status, ()):
        if re.search(pattern, said, re.IGNORECASE | re.DOTALL):
            return error, cause
    if 400 <= status < 500:
        return errors.RequestRefused, Cause.BAD_REQUEST
    if status >= 500:
        return errors.UpstreamDown, Cause.SERVER_ERROR
    if 300 <= status < 400:
        return errors.BadAnswer, Cause.REDIRECT
    return errors.BadAnswer, Cause.MALFORMED


def judge(
    refusal: Refusal,
    *,
    status: int,
    about: str = "",
    request_id: str | None = None,
    retry_after: float | None = None,
) -> XaiError:
    """Return the error for a refusal; `about` is "key" or "model" if only that
    can have been refused.

    A 200 can carry an error as well, alone or in the middle of a stream; then the
    code tells which status it should have been.
    """
    meant = status if status >= 300 else _presumed_status(refusal)
    kind, cause = _verdict(meant, refusal)
    if about == "key" and meant == 400:
        kind, cause = errors.KeyRejected, Cause.WRONG_KEY
    if about == "model" and cause is Cause.NOT_FOUND:
        kind, cause = errors.ModelNotFound, Cause.MODEL_UNKNOWN
    return kind(
        cause,
        status=status,
        code=refusal.code,
        request_id=request_id,
        retry_after=retry_after,
        upstream_text=shown(refusal.text),
        usage=refusal.usage,
    )


def _presumed_status(refusal: Refusal) -> int:
    for pattern, status in PRESUMED:
        if re.search(pattern, refusal.code or "", re.IGNORECASE):
            return status
    return 400 if re.search(WRONG_KEY[0], refusal.text, re.IGNORECASE) else 500


def is_error(data: Mapping[str, object]) -> bool:
    """Whether a JSON object that came with a 200 is an error all the same."""
    return bool(data.get("error")) or data.get("type") == "error"


def clean_request_id(value: str | None) -> str | None:
    """Return the id of a request if it is one."""
    return value if value and REQUEST_ID.fullmatch(value) else None


def seconds_to_wait(value: str | None) -> float | None:
    """Return what `Retry-After` asks for, from 1 to 900; nonsense is None."""
    text = (value or "").strip()
    if re.fullmatch(r"[0-9]{1,300}(\.[0-9]{1,9})?", text, re.ASCII):
        seconds = float(text)
    else:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - time()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(seconds, 1.0), 900.0)

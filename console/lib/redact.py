"""The last fence before a log: whatever looks like a secret becomes [redacted].

Secrets are kept out of texts by their types; this catches what got there anyway.
"""

from __future__ import annotations

import logging
import re
from collections.abc import ItemsView, Mapping
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

REDACTED = "[redacted]"
SECRET = re.compile(r"(?:xai-|xvk_|ghf_)[A-Za-z0-9_-]{16,}")
PATTERNS = (
    # The whole value, whatever its quotes: it may be a dict, a header or a pair.
    re.compile(
        r"(?P<keep>\b(?:proxy-)?authorization\b['\"]?\s*[:=,]\s*b?['\"]?)"
        r"[^'\"\r\n,}\])]+",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?P<keep>\b(?:set-)?cookie\b['\"]?\s*[:=,]\s*b?['\"]?)[^'\"\r\n}\])]+",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?P<keep>\b(?:sessionid|csrftoken|gatehouse-(?:session|csrf)-\d+"
        r"|__Host-(?:session|csrf))['\"]?\s*[:=]\s*['\"]?)[^\s'\";,]+"
    ),
    re.compile(r"(?P<keep>\bbearer\s+)[^\s'\",;)}\]]+", re.IGNORECASE),
    re.compile(r"(?P<keep>://[^/\s:@]*:)[^/\s@]+(?=@)"),  # passwords in addresses
    re.compile(rf"(?P<keep>){SECRET.pattern}"),
    re.compile(r"(?P<keep>)[A-Za-z0-9+/_-]{200,}={0,2}"),
)
STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


def redact(text: str) -> str:
    """Return the text with everything like a secret replaced."""
    for pattern in PATTERNS:
        text = pattern.sub(rf"\g<keep>{REDACTED}", text)
    return text


def holds_secret(text: str) -> bool:
    """Tell whether a key of xAI's, or one of ours, stands in the text."""
    return SECRET.search(text) is not None


def redact_value(value: Any) -> Any:
    """Return a value for a log with all texts in it redacted."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return redact(value)
        case Mapping():
            return {redact_value(key): redact_value(value[key]) for key in value}
        case list() | tuple() | set() | frozenset():
            return [redact_value(each) for each in value]
        case _:
            return redact(repr(value))


class RedactFilter(logging.Filter):
    """Cleans a record whole: message, arguments, traceback and extra fields.

    The arguments are merged into the message first, since a secret may be cut in
    two by a format. Stands on each handler, as no logger can be passed by there.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            message = f"{record.msg} (its arguments do not fit)"
        record.msg, record.args = redact(message), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        record.exc_info = None  # what formats it again would undo this
        record.exc_text = redact(record.exc_text) if record.exc_text else None
        record.stack_info = redact(record.stack_info) if record.stack_info else None
        for name in vars(record).keys() - STANDARD_FIELDS:
            setattr(record, name, redact_value(getattr(record, name)))
        return True


class LineFormatter(logging.Formatter):
    """One event, one line: time, level, logger, message.

    A traceback follows on lines that start with a bar, which no event does, so no
    text from outside can pass for an event of ours.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(
            timespec="milliseconds"
        )
        message = escaped(record.getMessage())
        line = f"{at} {record.levelname} {record.name} {message}"
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        for more in (record.exc_text, record.stack_info):
            if more:
                rows = redact(more).split("\n")
                line += "".join(f"\n  | {escaped(row)}" for row in rows)
        return line


def escaped(text: str) -> str:
    """Return the text with whatever could move a terminal's cursor made visible."""
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii")
        for sign in text
    )


class ReportFilter(SafeExceptionReporterFilter):
    """Error reports without local variables, form data and cookies, always.

    Masking by name misses a key in a variable called `text`, so nothing is shown.
    """

    cleansed_substitute = REDACTED
    hidden_settings = re.compile(
        r"API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|HTTP_COOKIE|CREDENTIAL|KEK"
        r"|BROKER|DATABASE|LOCATION",
        re.IGNORECASE,
    )

    def is_active(self, request: HttpRequest | None) -> bool:
        """Filter with DEBUG on, too."""
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        """Return the names of the fields, without what was entered."""
        return dict.fromkeys(request.POST, REDACTED) if request else {}

    def get_safe_cookies(self, request: HttpRequest | None) -> dict[str, Any]:
        """Return the names of the cookies."""
        return dict.fromkeys(request.COOKIES, REDACTED) if request else {}

    def get_safe_request_meta(self, request: HttpRequest | None) -> dict[str, Any]:
        """Return the headers with secrets replaced, in their values too."""
        if request is None:
            return {}
        meta: dict[str, Any] = super().get_safe_request_meta(request)
        return {name: redact_value(value) for name, value in meta.items()}

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: Any
    ) -> ItemsView[str, Any]:
        """Return the names of the variables."""
        return dict.fromkeys(tb_frame.f_locals, REDACTED).items()

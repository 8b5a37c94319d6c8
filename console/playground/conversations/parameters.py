"""The fields of the page beside its turns: kept, shown again, and in files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.http import QueryDict

from console.playground.forms import ChatForm, MessagesForm
from console.playground.models.conversations import MOST_LANES

# The turns are kept one by one.
SHOWN_AGAIN = {*ChatForm.base_fields, *MessagesForm.base_fields} - {"turns"}
IN_FILES = SHOWN_AGAIN - {"team"}  # its id means nothing elsewhere
MOST_SHOWN_AGAIN = 300 * 1024  # bytes; what the forms take is less
MOST_BESIDE = 16 * 1024  # characters of JSON, beside each answer of a page
LANES = {str(lane) for lane in range(MOST_LANES)}

Json = dict[str, Any]


def shown_again(sent: QueryDict) -> Json:
    """Return the fields of the page as they were sent, each with all its values.

    Of more than 300 KB only the model is kept.
    """
    shown = {name: sent.getlist(name) for name in sent if name in SHOWN_AGAIN}
    if _size(shown.values()) > MOST_SHOWN_AGAIN:
        return {"model": [sent.get("model", "")]}
    return shown


def brief(shown: Json) -> Json | None:
    """Return those fields that say something, to keep them with one answer.

    None if they are larger than an answer may be in its page.
    """
    told = {name: values for name, values in shown.items() if any(values)}
    return told if len(json.dumps(told)) <= MOST_BESIDE else None


def systems_of(kept: Json) -> list[str]:
    """Return the system prompts of parameters by lane, the first lane's first."""
    fields = [told for _, told in sorted(kept.items()) if isinstance(told, dict)]
    return [text for told in fields for text in told.get("system", ()) if text]


def to_file(kept: Json) -> Json:
    """Return what a file tells of parameters by lane: the fields that say something."""
    told = {lane: _told(fields) for lane, fields in sorted(kept.items())}
    return {lane: fields for lane, fields in told.items() if fields}


def from_file(told: object) -> Json | None:
    """Return parameters by lane as they are kept; None where a file tells no such.

    Fields that are not known are left out.
    """
    if not isinstance(told, dict) or not told.keys() <= LANES:
        return None
    taken = {lane: _taken(fields) for lane, fields in told.items()}
    return None if None in taken.values() else taken


def to_markdown(fields: Json) -> list[str]:
    """Return what `to_file` told of one lane: its system prompt, and a list."""
    parts, values = [], {name: _lines(value) for name, value in fields.items()}
    if system := values.pop("system", None):
        quoted = "\n".join(f"> {line}".rstrip() for line in system)
        parts.append(f"System prompt:\n\n{quoted}")
    if values:
        items = "\n".join(_item(name, lines) for name, lines in sorted(values.items()))
        parts.append(f"Parameters:\n\n{items}")
    return parts


def _told(fields: Json) -> Json:
    told = {name: values for name, values in fields.items() if name in IN_FILES}
    return {
        name: values[0] if len(values) == 1 else values
        for name, values in told.items()
        if any(values)
    }


def _taken(fields: object) -> dict[str, list[str]] | None:
    if not isinstance(fields, dict):
        return None
    known = {
        name: value if isinstance(value, list) else [value]
        for name, value in fields.items()
        if name in IN_FILES
    }
    values = [value for each in known.values() for value in each]
    if not all(isinstance(value, str) and "\0" not in value for value in values):
        return None
    return known if _size(known.values()) <= MOST_SHOWN_AGAIN else None


def _size(shown: Iterable[list[str]]) -> int:
    values = (value for each in shown for value in each)
    # Each value weighs a little, so that empty ones cannot be without number.
    return sum(len(value.encode("utf-8", "replace")) + 4 for value in values)


def _lines(value: str | list[str]) -> list[str]:
    values = [value] if isinstance(value, str) else value
    return [line for each in values for line in each.splitlines()]


def _item(name: str, lines: list[str]) -> str:
    """Return one item of the list; a value of several lines stands below its name."""
    if len(lines) == 1:
        return f"- {name}: {lines[0]}"
    return "\n".join([f"- {name}:", "", *(f"      {line}" for line in lines)])

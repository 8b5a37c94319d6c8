"""Answers without what differs between any two."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import quote, quote_plus
from uuid import UUID

from django.core.signals import request_finished
from django.db import close_old_connections
from django.db.models import Model
from django.test import Client

from tests.addresses import addresses
from tests.pages.acts.table import EXPORTS
from tests.pages.twins.rows import MARK, OF_A_TEAM, Rows

PAGES = sorted(name for name, one in addresses().items() if not one.parameters)
FILES = sorted(EXPORTS.keys() & set(PAGES))
TOKEN = re.compile(r'((?:csrfmiddlewaretoken|form_id)" value="|X-CSRFToken":")[\w-]+')
PART = {"HX-Request": "true"}
CARD = {**PART, "HX-Target": "why"}  # the matrix answers with one card alone
Query: TypeAlias = dict[str, str]


class Plain(NamedTuple):
    """What an answer tells."""

    status: int
    target: str  # of a redirect
    body: str


def plain(answer: Any, *sent: object) -> Plain:
    """Return what it tells, with whatever was sent taken out of it."""
    target = answer.headers.get("Location", answer.headers.get("HX-Redirect", ""))
    body = TOKEN.sub(r"\1", _body(answer))
    for text in spellings(sent):
        target, body = target.replace(text, "SENT"), body.replace(text, "SENT")
    return Plain(answer.status_code, target, body)


def _body(answer: Any) -> str:
    if getattr(answer, "is_async", False):
        _leave(answer)
        return ""  # a stream, which an event loop would have to read
    return str(answer.getvalue().decode())


def _leave(stream: Any) -> None:
    """Close it unread, as the test client closes what is read.

    Else the end of the request closes the connection that the test's transaction is in.
    """
    request_finished.disconnect(close_old_connections)
    stream.close()
    request_finished.connect(close_old_connections)


def spellings(sent: Iterable[object]) -> list[str]:
    """Return every way in which a page may write these, longest first."""
    texts = {str(one) for one in sent if not isinstance(one, int)}
    numbers = [one for one in sent if isinstance(one, int)]
    texts |= {text for one in numbers for text in (f"/{one}/", f"view={one}")}
    uuids = [one for one in sent if isinstance(one, UUID)]
    texts |= {text for one in uuids for text in (one.hex, f"{str(one)[:11]}…")}
    texts |= {write(text) for text in texts for write in (quote, quote_plus)}
    return sorted(texts, key=len, reverse=True)


def told(browser: Client, name: str, query: Query, *sent: object) -> list[Plain]:
    """Return the answers as a page, which holds its part, as a card, and as a file."""
    url = addresses()[name].url()
    answers: list[Any] = [browser.get(url, query)]
    if "cell" in query:
        answers.append(browser.get(url, query, headers=CARD))
    if name in FILES:
        answers.append(browser.get(url, {**query, "format": "json"}))
    return [plain(answer, *sent) for answer in answers]


def leaks(told: Plain, twin: Rows) -> list[str]:
    """Return what of the twin stands in an answer: its mark, or an id."""
    ids = [row.pk for row in twin.values() if isinstance(row.pk, UUID)]
    found = [text for text in (MARK, *spellings(ids)) if text in told.body.lower()]
    return found + [text for text in (MARK, *spellings(ids)) if text in told.target]


def stored() -> dict[str, list[Any]]:
    """Return all rows that belong to a team."""
    return {one.__name__: _values(one) for one in OF_A_TEAM}


def _values(model: type[Model]) -> list[Any]:
    return list(model._default_manager.order_by("pk").values())

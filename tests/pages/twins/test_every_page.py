"""Every page, as each role sees it: none fails, and none shows a value of Python's."""

from __future__ import annotations

import re
from http import HTTPStatus

import pytest

from console.accounts.models import User
from tests.addresses import addresses
from tests.pages.twins.answers import PART, plain
from tests.pages.twins.rows import Rows
from tests.people import ClientOf

SLIPS = re.compile(
    r'>\s*None\s*<|"None"|\bNone ago|Undefined|\bnan\b'
    r'|\b(?:title|aria-label|alt)=""|<title>\s*</title>|&lt;[A-Z]\w+\.\w+|object at 0x'
)
PEOPLE = ("ada", "olga", "fin", "sam")


@pytest.mark.parametrize("who", PEOPLE)
def test_every_page_is_whole(
    client_of: ClientOf,
    ours: Rows,
    twin: Rows,
    who: str,
    request: pytest.FixtureRequest,
) -> None:
    person: User = request.getfixturevalue(who)
    ids = {name: row.pk for name, row in ours.items()}
    urls = {name: one.url(ids) for name, one in addresses().items()}

    slips, browser = {}, client_of(person)
    for name, url in urls.items():
        for headers in ({}, PART):
            answer = browser.get(url, headers=headers)
            told = plain(answer)
            assert told.status < HTTPStatus.INTERNAL_SERVER_ERROR, name
            if found := SLIPS.findall(told.body):
                slips[name] = found
            if "HX-Request" not in answer.headers.get("Vary", ""):
                break  # the part is the page

    assert slips == {}

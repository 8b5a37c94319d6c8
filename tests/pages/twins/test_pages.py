"""No page, part or file tells members of a team that another team is there."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from django.test import Client

from console.accounts.models import User
from tests.addresses import addresses
from tests.pages.twins.answers import PAGES, PART, Plain, leaks, plain, told
from tests.pages.twins.conftest import MakeTwin
from tests.pages.twins.rows import Rows
from tests.people import ClientOf


def told_plainly(browser: Client, name: str) -> list[Plain]:
    """Return the answers without a filter, in every form there is."""
    url = addresses()[name].url()
    part = plain(browser.get(url, headers=PART))
    return [part, *told(browser, name, {}), *told(browser, name, {"format": "csv"})]


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_the_same_with_and_without_another_team(
    client_of: ClientOf, sam: User, make_twin: MakeTwin, name: str
) -> None:
    browser = client_of(sam)
    before = told_plainly(browser, name)

    twin = make_twin()

    after = told_plainly(browser, name)
    assert after == before
    assert [leaks(each, twin) for each in after] == [[]] * len(after)


@pytest.mark.parametrize("name", ["keys:detail", "incidents:detail"])
def test_own_things_are_the_same_with_and_without_another_team(
    client_of: ClientOf, sam: User, ours: Rows, make_twin: MakeTwin, name: str
) -> None:
    browser = client_of(sam)
    url = addresses()[name].url({each: row.pk for each, row in ours.items()})
    before = [plain(browser.get(url, headers=how)) for how in ({}, PART)]
    assert {each.status for each in before} == {HTTPStatus.OK}

    make_twin()

    assert [plain(browser.get(url, headers=how)) for how in ({}, PART)] == before

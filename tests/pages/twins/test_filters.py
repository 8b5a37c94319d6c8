"""No filter finds more of another team than of nothing."""

from __future__ import annotations

import re
from http import HTTPStatus
from uuid import UUID, uuid4

import pytest

from console.accounts.models import User
from tests.addresses import addresses
from tests.conventions.sources import PROJECT, modules
from tests.pages.twins.answers import PAGES, Plain, Query, leaks, told
from tests.pages.twins.rows import MARK, Rows
from tests.people import ClientOf

READ = re.compile(
    r'(?:request\.GET|values|text)\.(?:get|getlist)\(f?"([\w{}]+)"|told\("(\w+)"\)'
)
NONSENSE = "zqxjvkwb"  # as long as the mark, and in no row
CHOICES = {  # of these every value is the product's own, none a team's
    "action", "against", "all", "breadth", "bucket", "by", "chart", "detail", "differs",
    "endpoint", "field", "first_day", "format", "from", "kind", "last_day", "mix",
    "new", "on", "origin", "outcome", "period", "read", "review", "risk",
    "severity", "show", "since", "size", "sort", "source", "span", "state",
    "status", "to", "unit", "until",
}  # fmt: skip
TEXTS = {  # what is sent in them: the mark, or nonsense in its place
    "cell": "{key}:model:{mark}-model",
    "find": "{mark}",
    "find_left": "{mark}",
    "find_right": "{mark}",
    "model": "{mark}-model",
    "name": "{mark}",
    "counted": "{mark}-model:5",
    "owner": "{mark}",
    "q": "{mark}",
    "tag": "{mark}",
}
IDS = {  # the row whose id is sent in them, or an id of nobody's
    "a": "team_id",
    "actor": "person_id",
    "b": "team_id",
    "channel": "channel_id",
    "key": "key_id",
    "keys": "key_id",
    "left": "key_id",
    "model": "model",
    "object": "key_id",
    "person": "person_id",
    "right": "key_id",
    "scenario": "scenario_id",
    "team": "team_id",
    "view": "view_id",
}
WHOLE_TEXTS = {"owner": "{mark} owner", "tag": "{mark}-tag", "q": "{mark}-key"}
NOT_ASKED = "zqxjunasked"  # a filter of no page


def queries(twin: Rows) -> list[tuple[Query, Query, list[object]]]:
    """Return queries of the twin's, the same with nothing in it, and what was sent."""
    key, nobody = twin["key_id"].pk, uuid4()
    found: list[tuple[Query, Query, list[object]]] = []
    for name, text in [*TEXTS.items(), *WHOLE_TEXTS.items()]:
        theirs, nothing = (
            text.format(mark=mark, key=id)
            for mark, id in ((MARK, key), (NONSENSE, nobody))
        )
        sent: list[object] = [theirs, nothing, key, nobody]
        found.append(({name: theirs}, {name: nothing}, sent))
    for name, row in IDS.items():
        pk = twin[row].pk
        other = nobody if isinstance(pk, UUID) else 987_654_321
        found.append(({name: str(pk)}, {name: str(other)}, [pk, other]))
    return found


def unnamed(answers: list[Plain], name: str) -> list[Plain]:
    """Return them with the name of what was sent taken out of links to the page."""
    passed_on = re.compile(rf"(?<=[?&;]){name}=SENT")
    return [
        Plain(
            answer.status,
            passed_on.sub("NAME=SENT", answer.target),
            passed_on.sub("NAME=SENT", answer.body),
        )
        for answer in answers
    ]


def test_every_filter_is_known() -> None:
    files = [file for file in modules("console") if "sandbox" not in file.parts]

    names = {
        name
        for file in files
        for found in READ.findall((PROJECT / file).read_text())
        for name in filter(None, found)
    }

    sides = {
        name.replace("{name}", side) for side in ("left", "right") for name in names
    }
    known = CHOICES | TEXTS.keys() | IDS.keys() | {"page", "back", "next"}
    assert sides <= known


@pytest.mark.parametrize("name", PAGES)
def test_filters_find_no_more_of_another_team_than_of_nothing(
    client_of: ClientOf, sam: User, twin: Rows, name: str
) -> None:
    browser = client_of(sam)
    if browser.get(addresses()[name].url()).status_code != HTTPStatus.OK:
        return  # closed to staff, whatever is asked for

    ignored, found = told(browser, name, {NOT_ASKED: MARK}, MARK), []
    assert [leaks(each, twin) for each in ignored] == [[]] * len(ignored)
    ignored = unnamed(ignored, NOT_ASKED)
    for theirs, nothing, sent in queries(twin):
        answers = told(browser, name, theirs, *sent)
        if unnamed(answers, *theirs) == ignored:
            continue  # the page does not ask for it
        if answers != told(browser, name, nothing, *sent):
            found.append(theirs)
        found += [theirs for each in answers if leaks(each, twin)]

    assert found == []

"""Reviewing many changes at once: only those that are shown, and back again."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import Team, User
from console.audit.models import Entry
from console.finance.changes.feed import SIZE
from console.finance.changes.reviewing import Reviews
from console.finance.models import PriceReview
from tests.finance.told import changed
from tests.keys.stored import stored_model
from tests.people import ClientOf

URL = "/models/changes/"
pytestmark = pytest.mark.django_db


def post(browser: Client, page: str, form: str, **more: str) -> str:
    """Send the form of this id as the page holds it; return the page after it."""
    html = page.split(f'id="{form}"', 1)[1].split("</form>", 1)[0]
    fields = dict(
        re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html)
    )
    fields.pop("csrfmiddlewaretoken", None)
    address = re.search(r'action="([^"]+)"', html)
    assert address
    wanted = {**fields, **more, "back": URL}
    text: str = browser.post(address[1], wanted, follow=True).text
    return text


def new(browser: Client) -> int:
    text = browser.get(URL, {"new": "1"}).text
    return int(text.split("Not reviewed <b>", 1)[1].split("<", 1)[0])


def test_a_filter_that_leaves_nothing_offers_no_review(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    changed(stored_model(), team)

    page = client_of(fin).get(URL, {"q": "nothing"}).text

    assert 'id="review-all"' not in page
    assert "Not reviewed <b>0</b>" in page


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ({"q": "grok-4"}, 2),
        ({"kind": "alias"}, 3),
        ({"from": "2026-06-18", "to": "2026-06-18"}, 3),
        ({"q": "grok-4", "kind": "price", "new": "1"}, 3),
        ({"new": "1"}, 0),
        ({"q": " "}, 0),
    ],
    ids=str,
)
def test_only_what_the_filters_leave_is_marked(
    client_of: ClientOf, fin: User, team: Team, query: dict[str, str], left: int
) -> None:
    four, three = stored_model("grok-4.3"), stored_model("grok-3")
    changed(four, team)
    changed(four, team, ago=2, kind="listed", before=None, after=None)
    changed(three, team)
    changed(three, team, kind="alias", field="g", before="a", after="b")
    browser = client_of(fin)
    page = browser.get(URL, query).text

    said = post(browser, page, "review-all", note="seen")

    assert f"Marked as reviewed: {4 - left} change" in said
    assert new(browser) == left


def test_what_is_on_other_pages_is_marked_and_what_came_meanwhile_is_not(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    model, other = stored_model(), stored_model("grok-3")
    for n in range(SIZE + 2):
        changed(model, team, ago=n)
    changed(other, team)
    browser = client_of(fin)
    page = browser.get(URL, {"q": "grok-4.3"}).text
    changed(model, team)

    assert f"Mark these {SIZE + 2} as reviewed" in page
    post(browser, page, "review-all")

    assert new(browser) == 2
    detail = Entry.objects.get(action="prices.reviewed").detail
    assert detail["changes"] == SIZE + 2
    assert detail["chosen_by"] == {"search": "grok-4.3"}


def test_a_review_of_some_is_taken_back_and_the_others_stay(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    model = stored_model()
    alone = changed(model, team)
    for _ in range(3):
        changed(model, team, kind="alias", field="g", before="a", after="b")
    browser = client_of(fin)
    browser.post(f"{URL}{alone.pk}/review/", {"note": "one"})
    page = post(browser, browser.get(URL, {"kind": "alias"}).text, "review-all",
                note="those")  # fmt: skip
    assert "You marked 3 changes as reviewed on" in page
    assert "“those”" in page
    assert new(browser) == 0

    after = post(browser, page, "last-review")

    assert "The changes are new again." in after
    assert 'id="last-review"' not in after
    assert new(browser) == 3
    assert PriceReview.objects.get().change == alone
    assert "done before" in post(browser, page, "last-review")


def test_a_review_of_all_is_taken_back_to_the_one_before_it(
    client_of: ClientOf, fin: User, ada: User, team: Team
) -> None:
    model, browser = stored_model(), client_of(fin)
    changed(model, team)
    post(browser, browser.get(URL).text, "review-all", note="first")
    changed(model, team)
    page = post(browser, browser.get(URL).text, "review-all", note="second")
    assert "You marked all changes as reviewed" in page
    assert "“second”" in page

    page = post(browser, page, "last-review")

    assert new(browser) == 1
    assert "“first”" in page
    post(browser, page, "last-review")
    assert new(browser) == 2
    assert not PriceReview.objects.exists()
    assert new(client_of(ada)) == 2


def test_nobody_takes_back_what_another_reviewed(
    client_of: ClientOf, fin: User, ada: User, sam: User
) -> None:
    at = timezone.now()
    PriceReview.objects.create(person=fin, up_to=at, reviewed_at=at)
    fields = {"reviewed_at": at.isoformat()}

    answer = client_of(ada).post(f"{URL}review/take-back/", fields, follow=True)

    assert "done before" in answer.text
    assert client_of(sam).post(f"{URL}review/take-back/", fields).status_code == 403
    assert PriceReview.objects.count() == 1


@pytest.mark.parametrize("at", ["", "soon", "9999-99-99"])
def test_a_time_that_is_none_takes_nothing_back(
    client_of: ClientOf, fin: User, at: str
) -> None:
    PriceReview.objects.create(person=fin, up_to=timezone.now())

    answer = client_of(fin).post(
        f"{URL}review/take-back/", {"reviewed_at": at}, follow=True
    )

    assert "Nothing was taken back" in answer.text
    assert PriceReview.objects.exists()


def test_a_filter_costs_no_more_queries_for_many_changes(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    browser, model, asked = client_of(fin), stored_model(), []
    for number in (2, 1, 20):  # the first writes what a session writes once
        for _ in range(number):
            changed(model, team)
        up_to = timezone.now().isoformat()
        with CaptureQueriesContext(connection) as queries:
            browser.post(f"{URL}review/", {"up_to": up_to, "q": "grok"})
        asked.append(len(queries))

    assert asked[1] == asked[2]
    assert PriceReview.objects.count() == 23


def test_the_first_review_of_all_that_covers_a_change_is_the_one(
    fin: User, team: Team
) -> None:
    change = changed(stored_model(), team)
    hour = timedelta(hours=1)
    for n, hours in enumerate((-1, 3, 2, 1)):
        PriceReview.objects.create(
            person=fin,
            up_to=change.recorded_at + hours * hour,
            reviewed_at=change.recorded_at + n * hour,
            note=str(n),
        )

    reviews = Reviews(fin)
    found = reviews.of(change)

    assert found is not None
    assert found.note == "1"
    change.recorded_at += 4 * hour
    assert reviews.of(change) is None

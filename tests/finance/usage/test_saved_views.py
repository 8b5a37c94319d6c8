"""A person's own names for views of usage."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console.accounts.models import Team, User
from console.finance.models import UsageView
from console.finance.usage import saved_views
from console.usage.rollup import roll_up
from tests.people import ClientOf

URL, USAGE, MINE = "/usage/views/", "/usage/", "/usage/mine/"
CLEAN = "period=90&chart=tokens&against=year&by=key&source=unknown&sort=name"


@pytest.fixture
def view(fin: User) -> UsageView:
    """A view of `fin`."""
    return UsageView.objects.create(person=fin, name="quarter", query="period=90")


def test_a_view_keeps_what_makes_sense_of_an_address_and_leads_to_it(
    client_of: ClientOf, fin: User
) -> None:
    browser = client_of(fin)
    dirty = f"?{CLEAN}&page=x&team=nobody&evil=//example.com&format=csv&bucket=x"

    saved = browser.post(URL, {"name": "unknown ones", "back": dirty})

    view = UsageView.objects.get()
    assert (view.person, view.name, view.own, view.query) == (
        fin, "unknown ones", False, CLEAN,
    )  # fmt: skip
    assert (saved.status_code, saved["Location"]) == (303, f"{USAGE}?{CLEAN}")


def test_a_view_of_my_usage_leads_there(client_of: ClientOf, sam: User) -> None:
    saved = client_of(sam).post(URL, {"name": "mine", "back": "by=model", "own": "1"})

    assert saved["Location"] == f"{MINE}?by=model"


@pytest.mark.parametrize(
    "back", ["//example.com/", "https://example.com/?by=key", "\x00", "%", "?" * 900]
)
def test_nothing_leads_elsewhere(client_of: ClientOf, fin: User, back: str) -> None:
    saved = client_of(fin).post(URL, {"name": "x", "back": back})

    assert saved["Location"].startswith(f"{USAGE}?")
    assert "example.com" not in saved["Location"]


def test_staff_keep_no_person(client_of: ClientOf, sam: User) -> None:
    client_of(sam).post(URL, {"name": "x", "back": f"by=person&person={uuid4()}"})

    assert UsageView.objects.get().query == ""


def test_the_page_offers_to_save_and_opens_what_is_kept(
    client_of: ClientOf, fin: User, view: UsageView
) -> None:
    roll_up()
    UsageView.objects.create(person=fin, name="of mine", own=True, query="by=key")

    page = client_of(fin).get(USAGE, {"period": "90"}).text

    assert f'id="save-view" href="{URL}?back=%3Fperiod%3D90"' in page
    chips = re.findall(r'<a class="chip" href="([^"]*)"([^>]*)>', page)
    assert chips == [
        (f"{MINE}?by=key", ""),
        (f"{USAGE}?period=90", ' aria-current="true"'),
    ]
    assert 'back=%3F&amp;own=1"' in client_of(fin).get(MINE).text


def test_the_number_of_views_does_not_change_that_of_queries(
    client_of: ClientOf, fin: User
) -> None:
    roll_up()
    browser = client_of(fin)
    browser.get(USAGE)
    with CaptureQueriesContext(connection) as none:
        browser.get(USAGE)
    UsageView.objects.bulk_create(
        UsageView(person=fin, name=str(n)) for n in range(saved_views.MOST)
    )

    with CaptureQueriesContext(connection) as many:
        browser.get(USAGE)

    assert len(many) == len(none)


def test_what_is_saved_is_said_in_words(
    client_of: ClientOf, fin: User, team: Team
) -> None:
    page = client_of(fin).get(URL, {"back": f"?{CLEAN}&team={team.pk}"}).text

    for words in (
        "days: 90 days", "chart: tokens", "against: a year ago", "rows by: key",
        "team: Search", "source: unknown", "sorted by: name",
    ):  # fmt: skip
        assert f'<span class="tag">{words}</span>' in page
    days = client_of(fin).get(URL, {"back": "from=2026-06-01&to=2026-06-07"}).text
    assert "days: 1 to 7 June 2026" in days


def test_a_name_is_needed_and_only_once(
    client_of: ClientOf, fin: User, view: UsageView
) -> None:
    browser = client_of(fin)

    nameless = browser.post(URL, {"name": "", "back": CLEAN})
    taken = browser.post(URL, {"name": "QUARTER", "back": CLEAN})

    assert (nameless.status_code, taken.status_code) == (422, 422)
    assert "You have a view of this name already; capitals make no" in taken.text
    assert 'name="back" value="period=90&amp;chart=tokens' in taken.text
    assert UsageView.objects.count() == 1


def test_twenty_views_are_enough(client_of: ClientOf, fin: User, sam: User) -> None:
    UsageView.objects.bulk_create(
        UsageView(person=fin, name=str(n)) for n in range(saved_views.MOST)
    )

    more = client_of(fin).post(URL, {"name": "more"})

    assert more.status_code == 422
    assert "You have 20 views. Delete one first." in more.text
    assert client_of(sam).post(URL, {"name": "more"}).status_code == 303


def test_a_view_is_renamed(client_of: ClientOf, fin: User, view: UsageView) -> None:
    browser = client_of(fin)
    UsageView.objects.create(person=fin, name="taken")

    browser.post(f"{URL}{view.pk}/rename/", {"name": "weekly"})
    view.refresh_from_db()
    empty = browser.post(f"{URL}{view.pk}/rename/", {"name": ""}, follow=True)
    taken = browser.post(f"{URL}{view.pk}/rename/", {"name": "Taken"}, follow=True)

    assert view.name == "weekly"
    assert "required" in empty.text
    assert "You have a view of this name already" in taken.text
    browser.post(f"{URL}{view.pk}/rename/", {"name": "Weekly"})
    view.refresh_from_db()
    assert view.name == "Weekly"


def test_views_of_an_older_version_with_one_name_are_told_apart(
    fin: User, sam: User
) -> None:
    executor = MigrationExecutor(connection)
    before = executor.migrate([("finance", "0002_usage_views")]).apps
    old = before.get_model("finance", "UsageView")
    views = [(fin, "Year"), (fin, "year"), (sam, "year"), (fin, "y" * 60)]
    views.append((fin, "Y" * 60))
    made = [old.objects.create(person_id=who.pk, name=name) for who, name in views]
    with connection.cursor() as cursor:  # as where they were stored long ago
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())

    assert [UsageView.objects.get(pk=one.pk).name for one in made] == [
        *("Year", f"year ({made[1].pk})", "year", "y" * 60),
        f"{'Y' * 40} ({made[4].pk})",
    ]


def test_a_view_is_deleted_after_a_question(
    client_of: ClientOf, fin: User, view: UsageView
) -> None:
    browser = client_of(fin)

    asked = browser.get(f"{URL}{view.pk}/delete/").text
    assert "Delete “quarter”?" in asked
    assert UsageView.objects.exists()
    browser.post(f"{URL}{view.pk}/delete/")

    assert not UsageView.objects.exists()
    assert browser.post(f"{URL}{view.pk}/delete/").status_code == 404


def test_views_of_others_do_not_exist(
    client_of: ClientOf, ada: User, view: UsageView
) -> None:
    roll_up()
    browser = client_of(ada)

    assert "quarter" not in browser.get(URL).text
    assert "usage-views" not in browser.get(USAGE).text
    assert browser.get(f"{URL}{view.pk}/delete/").status_code == 404
    assert browser.post(f"{URL}{view.pk}/delete/").status_code == 404
    assert browser.post(f"{URL}{view.pk}/rename/", {"name": "x"}).status_code == 404


def test_a_name_cannot_leave_its_place(client_of: ClientOf, fin: User) -> None:
    UsageView.objects.create(person=fin, name="<b>x\u202e")
    roll_up()
    browser = client_of(fin)

    for page in (browser.get(USAGE).text, browser.get(URL).text):
        assert "<b>x" not in page
    assert "\u202e" not in browser.get(USAGE).text


def test_strangers_are_led_to_the_sign_in_page(client: Client, db: None) -> None:
    assert client.get(URL)["Location"].startswith("/account/login/")

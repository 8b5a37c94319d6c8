"""The forms that set, change, end and raise budgets."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from pytest_django import Settings

from console import vault
from console.accounts.models import Role, Team, User
from console.finance.budgets.forms import NOT_LISTED, DollarsField
from console.finance.budgets.raise_form import RaiseForm
from console.keys.models import ApiKey
from console.usage.models import Budget, BudgetRaise
from tests.finance.budgets.made import (
    USD,
    raised,
    raised_budget,
    set_budget,
    window_of,
)
from tests.keys.stored import stored_model
from tests.people import ClientOf, person

pytestmark = pytest.mark.django_db
URL = "/usage/budgets/"
ADD = f"{URL}add/"


NOT_PLAIN = "Write an amount in dollars with digits and a point alone"
ODDLY_WRITTEN = ("1e3", "1E-2", "1_000", "1,000", "0,50", "+5", "١", "5 5", "$1e3")


@pytest.mark.parametrize(
    ("written", "ticks"),
    [
        ("1000", 1000 * USD),
        ("$ 0.50", USD // 2),
        (".5", USD // 2),
        ("5.", 5 * USD),
        (" 007 ", 7 * USD),
    ],
)
def test_a_plain_amount_is_taken(written: str, ticks: int) -> None:
    assert DollarsField("Limit").clean(written) == ticks


def terms(by: User, **more: Any) -> dict[str, Any]:
    return {"at_limit": "hard", "contact": by.pk, **more}


def today() -> str:
    return timezone.now().astimezone(UTC).date().isoformat()


def test_sets_a_budget_for_each_span_that_has_a_limit(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    data = terms(ada, team=team.pk, day="2.5", month="$40", note="pilot")

    answer = client_of(ada).post(ADD, data, follow=True)

    assert answer.redirect_chain == [(URL, 303)]
    budgets = Budget.objects.order_by("span")
    assert [(one.span, one.limit_ticks, one.hard) for one in budgets] == [
        ("day", 25 * USD // 10, True),
        ("month", 40 * USD, True),
    ]
    assert {one.note for one in budgets} == {"pilot"}
    said = (
        "The daily budget of the team Search and the monthly budget of the team Search "
        "hold from now on."
    )
    assert said in answer.text


def test_every_subject_can_be_named(
    client_of: ClientOf, ada: User, sam: User, team: Team, api_key: ApiKey
) -> None:
    model, browser = stored_model(), client_of(ada)
    for subject in (
        {},
        {"who": "each"},
        {"who": sam.pk, "team": team.pk},
        {"key": api_key.pk, "model": model.pk},
    ):
        data = terms(ada, day="1", **subject)
        assert browser.post(ADD, data).status_code == 303

    one, each, of_sam, of_key = Budget.objects.order_by("created_at")
    assert not one.each_person
    assert each.each_person
    assert of_sam.consumer is not None
    assert (of_sam.consumer.person, of_sam.team) == (sam, team)
    assert (of_key.key, of_key.model) == (api_key, model)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({}, "Give a limit for a day, a week or a month."),
        ({"day": "abc"}, "Give an amount in dollars, such as 25 or 0.50."),
        ({"day": "-1"}, "Give an amount that is not less than nothing."),
        ({"day": "1000000000"}, "The most is $100,000,000."),
        ({"day": "0.00000000001"}, "An amount has 10 decimals at most."),
        *(({"day": written}, NOT_PLAIN) for written in ODDLY_WRITTEN),
        ({"day": "NaN"}, "Give an amount in dollars, such as 25 or 0.50."),
        ({"day": "1", "at_limit": "maybe"}, NOT_LISTED),
        *(
            ({"day": "1", name: broken}, NOT_LISTED)
            for name in ("who", "team", "key", "model", "contact")
            for broken in (str(uuid4()), "abc", "-1")
        ),
        ({"day": "1", "contact": ""}, "This field is required."),
    ],
)
def test_what_makes_no_budget_comes_back_with_the_reason(
    client_of: ClientOf, ada: User, data: dict[str, str], error: str
) -> None:
    answer = client_of(ada).post(ADD, terms(ada, **{"who": "each", **data}))

    assert answer.status_code == 422
    assert error in answer.text
    assert not Budget.objects.exists()


def test_ten_decimals_are_exact(client_of: ClientOf, ada: User) -> None:
    client_of(ada).post(ADD, terms(ada, day="0.1234567891"))

    budget = Budget.objects.get()
    assert budget.limit_ticks == 1_234_567_891
    form = client_of(ada).get(f"{URL}{budget.pk}/change/").text
    assert 'value="0.1234567891"' in form


def test_the_same_one_again_is_refused_and_none_is_set(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    there = set_budget(ada, week=1, team=team)
    set_budget(ada, week=1)

    data = terms(ada, team=team.pk, day="1", week="2")
    answer = client_of(ada).post(ADD, data)

    assert answer.status_code == 422
    assert "There is such a budget for a week already. Change that one." in answer.text
    change = f'href="{URL}{there.pk}/change/">Change that budget</a>'
    assert answer.text.count(change) == 1
    assert Budget.objects.count() == 2
    assert "Change that budget" not in client_of(ada).get(ADD).text


def test_a_key_of_another_team_is_refused(
    client_of: ClientOf, ada: User, other_team: Team, api_key: ApiKey
) -> None:
    data = terms(ada, team=other_team.pk, key=api_key.pk, day="1")

    answer = client_of(ada).post(ADD, data)

    assert answer.status_code == 422
    assert "search-prod is a key of Search" in answer.text


@pytest.mark.usefixtures("sam", "fin", "olga")
def test_only_admins_can_be_asked_for_more(client_of: ClientOf, ada: User) -> None:
    form = client_of(ada).get(ADD).text.split('name="contact"')[1].split("</select>")[0]

    assert ">Ada<" in form
    for other in ("Fin", "Olga", "Sam"):
        assert f">{other}<" not in form


def test_one_that_named_finance_asks_for_an_admin(
    client_of: ClientOf, ada: User, fin: User
) -> None:
    budget, browser = set_budget(fin, day=5), client_of(ada)
    url = f"{URL}{budget.pk}/change/"

    form = browser.get(url).text
    kept = browser.post(url, terms(fin, limit="5", seen=0))

    assert ">choose an admin<" in form
    assert ">Fin<" not in form
    assert kept.status_code == 422
    assert (
        "<dt>Ask for more</dt><dd>an admin</dd>"
        in browser.get(f"{URL}{budget.pk}/").text
    )


def test_changes_the_terms(client_of: ClientOf, ada: User) -> None:
    budget, bea = set_budget(ada, day=5), person("bea", Role.ADMIN)

    data = {"limit": "7", "at_limit": "soft", "contact": bea.pk, "note": "less strict"}
    data["seen"] = "0"
    answer = client_of(ada).post(f"{URL}{budget.pk}/change/", data, follow=True)

    budget.refresh_from_db()
    assert (budget.limit_ticks, budget.hard) == (7 * USD, False)
    assert (budget.contact, budget.note) == (bea, "less strict")
    window = window_of(budget)
    assert (window.limit_ticks, window.hard) == (7 * USD, False)
    assert answer.redirect_chain == [(f"{URL}{budget.pk}/", 303)]


def test_a_change_needs_a_limit(client_of: ClientOf, ada: User) -> None:
    budget = set_budget(ada, day=5)

    answer = client_of(ada).post(
        f"{URL}{budget.pk}/change/", terms(ada, limit="", seen=0)
    )

    assert answer.status_code == 422
    assert "Give an amount in dollars" in answer.text


def test_asks_before_it_ends_one(client_of: ClientOf, ada: User) -> None:
    budget, browser = set_budget(ada, day=5), client_of(ada)

    asked = browser.get(f"{URL}{budget.pk}/end/").text
    browser.post(f"{URL}{budget.pk}/end/")

    assert "End this budget?" in asked
    budget.refresh_from_db()
    assert budget.ended_at is not None


def seen_in(page: str) -> str:
    (seen,) = re.findall(r'name="seen" value="(\d+)"', page)
    return str(seen)


def test_nobody_overwrites_a_change_they_have_not_seen(
    client_of: ClientOf, ada: User
) -> None:
    bea, budget = person("bea", Role.ADMIN), set_budget(ada, day=5, note="pilot")
    url, browser, other = (
        f"{URL}{budget.pk}/change/",
        client_of(ada),
        client_of(bea),
    )
    first, second = seen_in(browser.get(url).text), seen_in(other.get(url).text)
    theirs = {"limit": "7", "at_limit": "soft", "contact": bea.pk, "note": ""}
    assert other.post(url, {**theirs, "seen": second}).status_code == 303

    mine = terms(ada, limit="6", note="my note", seen=first)
    answer = browser.post(url, mine)

    assert answer.status_code == 422
    text = unescape(answer.text)
    assert (
        "Bea changed the limit from $5.00 to $7.00 and what happens at it from refusing"
        " to warning and whom to ask from Ada to Bea and the note from “pilot” to "
        "nothing on "
    ) in text
    assert 'value="my note"' in text
    assert 'value="6"' in text
    budget.refresh_from_db()
    assert (budget.limit_ticks, budget.note) == (7 * USD, "")
    assert browser.post(url, {**mine, "seen": seen_in(text)}).status_code == 303
    budget.refresh_from_db()
    assert (budget.limit_ticks, budget.note) == (6 * USD, "my note")


def test_all_that_was_changed_since_is_told_the_first_first(
    client_of: ClientOf, ada: User
) -> None:
    budget = set_budget(ada, day=5)
    url, browser = f"{URL}{budget.pk}/change/", client_of(ada)
    seen = seen_in(browser.get(url).text)
    for limit in ("6", "7"):
        now = seen_in(browser.get(url).text)
        assert browser.post(url, terms(ada, limit=limit, seen=now)).status_code == 303

    text = browser.post(url, terms(ada, limit="8", seen=seen)).text

    told = re.findall(r"from \$(\d).00 to \$(\d).00", text)
    assert told == [("5", "6"), ("6", "7")]


def test_what_the_other_one_saved_as_well_is_no_conflict(
    client_of: ClientOf, ada: User
) -> None:
    budget, browser = set_budget(ada, day=5), client_of(ada)
    url, data = f"{URL}{budget.pk}/change/", terms(ada, limit="7", seen=0)

    assert [browser.post(url, data).status_code for _ in range(2)] == [303, 303]


def test_a_raise_is_no_change_of_the_terms(client_of: ClientOf, ada: User) -> None:
    budget, browser = set_budget(ada, day=5), client_of(ada)
    raised(budget, ada)

    answer = browser.post(f"{URL}{budget.pk}/change/", terms(ada, limit="7", seen=0))

    assert answer.status_code == 303


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("act", ["change", "end", "raise"])
def test_an_act_on_an_ended_budget_says_who_ended_it_and_when(
    client_of: ClientOf, ada: User, act: str, method: str
) -> None:
    budget, browser = set_budget(ada, day=5), client_of(ada)
    client_of(person("bea", Role.ADMIN)).post(f"{URL}{budget.pk}/end/")
    budget.refresh_from_db()
    assert budget.ended_at is not None

    data = terms(ada, limit="7", seen="0", more="2", through=today(), reason="x")
    send = getattr(browser, method)
    answer = send(f"{URL}{budget.pk}/{act}/", data, follow=True)

    assert answer.redirect_chain == [(f"{URL}{budget.pk}/", 303)]
    said = f"Bea ended this budget on {budget.ended_at:%-d %b %Y, %H:%M} UTC."
    assert f"{said} Nothing was changed." in answer.text
    assert f"{said} What it counted stays below." in answer.text
    assert not BudgetRaise.objects.exists()


def test_a_raise_of_an_ended_budget_is_not_taken_back(
    client_of: ClientOf, ada: User
) -> None:
    budget, browser = set_budget(ada, day=5), client_of(ada)
    more = raised(budget, ada)
    browser.post(f"{URL}{budget.pk}/end/")

    answer = browser.post(f"{URL}raises/{more.pk}/take-back/", follow=True)

    assert answer.redirect_chain == [(f"{URL}{budget.pk}/", 303)]
    assert "Ada ended this budget on" in answer.text


def test_one_of_which_no_entry_tells_the_end_names_nobody(
    client_of: ClientOf, ada: User
) -> None:
    budget = set_budget(ada, day=5)
    Budget.objects.filter(pk=budget.pk).update(ended_at=timezone.now())

    answer = client_of(ada).get(f"{URL}{budget.pk}/raise/", follow=True)

    assert "This budget was ended on" in answer.text


def test_an_act_on_no_budget_is_not_found(client_of: ClientOf, ada: User) -> None:
    for act in ("change", "end", "raise"):
        assert client_of(ada).get(f"{URL}{uuid4()}/{act}/").status_code == 404


def test_raises_one_until_the_end_of_a_day(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    budget = set_budget(ada, month=5, team=team)

    data = {"more": "2", "through": today(), "reason": "launch week"}
    answer = client_of(ada).post(f"{URL}{budget.pk}/raise/", data)

    made = BudgetRaise.objects.get()
    assert answer.status_code == 303
    assert (made.ticks, made.reason, made.made_by) == (2 * USD, "launch week", ada)
    assert timedelta() < made.until - timezone.now() <= timedelta(days=1)
    assert f"{made.until:%H:%M:%S}" == "00:00:00"
    assert window_of(budget).raised_ticks == 2 * USD


def in_zone(user: User, name: str) -> ZoneInfo:
    User.objects.filter(pk=user.pk).update(time_zone=name)
    user.refresh_from_db()
    return ZoneInfo(name)


@pytest.mark.parametrize("name", ["UTC", "Asia/Kathmandu", "America/Los_Angeles"])
def test_raises_one_until_a_time_of_the_persons_own_clocks(
    client_of: ClientOf, ada: User, name: str
) -> None:
    budget, zone, browser = set_budget(ada, day=5), in_zone(ada, name), client_of(ada)
    until = (timezone.now() + timedelta(days=2)).astimezone(zone)
    day, at = f"{until:%Y-%m-%d}", f"{until:%H:%M}"

    data = {"more": "2", "through": day, "at": at, "reason": "launch"}
    browser.post(f"{URL}{budget.pk}/raise/", data)

    made = BudgetRaise.objects.get()
    assert made.until == until.replace(second=0, microsecond=0)
    shown = f"{until:%-d %b %Y, %H:%M}</time> {name}"
    for page in ("", f"{budget.pk}/", f"{budget.pk}/raise/"):
        assert shown in browser.get(f"{URL}{page}").text


def test_without_a_time_it_ends_with_the_day_of_their_clocks(
    client_of: ClientOf, ada: User
) -> None:
    budget, zone = set_budget(ada, day=5), in_zone(ada, "Asia/Kathmandu")
    day = (timezone.now() + timedelta(days=2)).astimezone(zone).date()

    data = {"more": "2", "through": day.isoformat(), "at": "", "reason": "launch"}
    client_of(ada).post(f"{URL}{budget.pk}/raise/", data)

    midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    assert BudgetRaise.objects.get().until == midnight


@pytest.mark.parametrize(
    ("name", "at"),
    [("UTC", ""), ("Asia/Kathmandu", "05:45"), ("Pacific/Kiritimati", "14:00")],
)
def test_the_form_offers_the_end_of_the_window_on_their_clocks(
    client_of: ClientOf, ada: User, name: str, at: str
) -> None:
    budget, zone = set_budget(ada, day=5), in_zone(ada, name)
    resets_at = window_of(budget).ends_at.astimezone(zone)
    last = resets_at - timedelta(days=0 if at else 1)

    page = client_of(ada).get(f"{URL}{budget.pk}/raise/").text

    assert re.findall(r'name="through" value="([^"]*)"', page) == [f"{last:%Y-%m-%d}"]
    assert re.findall(r'name="at" value="([^"]*)"', page) == ([at] if at else [])
    assert f"On the clocks of {name}." in page


@pytest.mark.parametrize(
    ("at", "error"),
    [("02:30", "The clocks of Europe/Oslo skip this time on that day."), ("03:30", "")],
)
def test_a_time_that_the_clocks_skip_is_refused(
    ada: User, monkeypatch: pytest.MonkeyPatch, at: str, error: str
) -> None:
    budget, zone = set_budget(ada, day=5), ZoneInfo("Europe/Oslo")
    now = datetime(2027, 3, 20, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    data = {"more": "2", "through": "2027-03-28", "at": at, "reason": "x"}

    form = RaiseForm(data, budget=budget, zone=zone, person=None)

    assert form.errors.get("at", []) == ([error] if error else [])


def test_raises_one_person_of_a_budget_for_each(
    client_of: ClientOf, ada: User, sam: User
) -> None:
    budget = set_budget(ada, day=5, each_person=True)
    url, browser = f"{URL}{budget.pk}/raise/", client_of(ada)

    form = browser.get(url, {"person": str(sam.pk)}).text
    data = {"person": sam.pk, "more": "2", "through": today(), "reason": "a demo"}
    browser.post(url, data)

    assert f'<option value="{sam.pk}" selected>Sam</option>' in form
    consumer = BudgetRaise.objects.get().consumer
    assert consumer is not None
    assert consumer.person == sam


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"more": "0"}, "Give an amount of more than nothing."),
        ({"more": ""}, "Give an amount in dollars"),
        ({"more": "1e3"}, NOT_PLAIN),
        ({"through": "2020-01-01"}, "This day is over. Choose today or later."),
        ({"through": "2999-01-01"}, "A raise lasts 92 days at most."),
        ({"through": "soon"}, "Give a day as year-month-day"),
        ({"at": "25:00"}, "Give a time as hours and minutes, such as 17:30."),
        ({"at": "00:00"}, "This time is over. Choose a later one."),
        ({"reason": ""}, "Give the reason: it stands in the audit log."),
    ],
)
def test_what_is_no_raise_comes_back_with_the_reason(
    client_of: ClientOf, ada: User, data: dict[str, str], error: str
) -> None:
    budget = set_budget(ada, day=5)
    whole = {"more": "2", "through": today(), "reason": "launch", **data}

    answer = client_of(ada).post(f"{URL}{budget.pk}/raise/", whole)

    assert answer.status_code == 422
    assert error in answer.text
    assert not BudgetRaise.objects.exists()


def test_the_form_says_which_raise_a_new_one_replaces(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    budget = set_budget(ada, month=10, team=team)
    url, browser = f"{URL}{budget.pk}/raise/", client_of(ada)
    assert "takes its place" not in browser.get(url).text

    raised(budget, ada)

    page = browser.get(url).text
    assert "A raise of $" in page
    assert "A new one takes its place; it is not added to it." in page


def test_takes_a_raise_back(client_of: ClientOf, ada: User, team: Team) -> None:
    budget = set_budget(ada, day=5, team=team)
    more, browser = raised(budget, ada), client_of(ada)
    page = browser.get(f"{URL}{budget.pk}/").text
    assert "Take back" in page
    for label in ("Until", "By"):  # a row on a phone parts what stands beside a label
        assert re.search(f'<td data-label="{label}"><span>.*?</span></td>', page)

    url = f"{URL}raises/{more.pk}/take-back/"
    first, second = (browser.post(url, follow=True) for _ in range(2))

    assert "The raise was taken back." in first.text
    assert "This raise is over already." in second.text
    assert window_of(budget).raised_ticks == 0


@pytest.mark.parametrize("act", ["end", "raise"])
def test_a_raise_whose_time_is_over_stays_over(
    client_of: ClientOf, ada: User, team: Team, act: str
) -> None:
    budget, more = raised_budget(ada, team=team)
    BudgetRaise.objects.update(until=timezone.now() - timedelta(minutes=1))

    data = {"more": "2", "through": today(), "reason": "launch"}
    client_of(ada).post(f"{URL}{budget.pk}/{act}/", data)

    more.refresh_from_db()
    assert more.ended_at is None
    assert ">over</span>" in client_of(ada).get(f"{URL}{budget.pk}/").text


def test_one_that_was_ended_after_its_time_was_over_already(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    budget, _ = raised_budget(ada, team=team)
    now = timezone.now()
    BudgetRaise.objects.update(until=now - timedelta(minutes=1), ended_at=now)

    page = client_of(ada).get(f"{URL}{budget.pk}/").text

    assert ">over</span>" in page


@pytest.mark.parametrize("who", ["sam", "fin", "olga"])
def test_only_admins_act(
    client_of: ClientOf, ada: User, who: str, request: pytest.FixtureRequest
) -> None:
    browser = client_of(request.getfixturevalue(who))
    budget = set_budget(ada, day=5)
    more = raised(budget, ada)

    answers = [
        browser.post(url, terms(ada, day="1")).status_code
        for url in (
            ADD,
            f"{URL}{budget.pk}/change/",
            f"{URL}{budget.pk}/end/",
            f"{URL}{budget.pk}/raise/",
            f"{URL}raises/{more.pk}/take-back/",
        )
    ]

    assert answers == [403] * 5
    assert "Set a budget" not in browser.get(URL).text
    assert "Raise for a while" not in browser.get(f"{URL}{budget.pk}/").text


def test_an_act_needs_a_fresh_proof(client_of: ClientOf, ada: User) -> None:
    browser = client_of(ada)
    session = browser.session
    session["account_authentication_methods"] = [{"method": "password", "at": 0}]
    session.save()

    answer = browser.get(ADD)

    assert answer.status_code == 302
    assert "/account/reauthenticate/" in answer.headers["Location"]


@pytest.mark.parametrize("path", ["", "add/"])
def test_the_wrong_method_is_refused(client_of: ClientOf, ada: User, path: str) -> None:
    assert client_of(ada).put(f"{URL}{path}").status_code == 405


def test_what_cannot_be_recorded_says_so_in_the_form(
    client_of: ClientOf, ada: User, settings: Settings, tmp_path: Path
) -> None:
    browser = client_of(ada)
    settings.KEK_FILE = tmp_path / "gone"
    vault.forget()

    answer = browser.post(ADD, terms(ada, day="1"))

    assert answer.status_code == 422
    assert "Nothing was changed" in answer.text
    assert not Budget.objects.exists()


def test_one_who_left_keeps_their_place_in_the_form(
    client_of: ClientOf, ada: User
) -> None:
    gone = person("gone", Role.ADMIN)
    budget = set_budget(gone, day=5)
    User.objects.filter(pk=gone.pk).update(is_active=False)

    form = client_of(ada).get(f"{URL}{budget.pk}/change/").text

    assert f'<option value="{gone.pk}" selected>Gone</option>' in form

"""`manage.py prepare` outside try-out mode."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from console.accounts.models import Role, Team, User
from console.alerts.models import Incident
from console.audit.actors import SYSTEM
from console.catalog.models import CatalogChange, PriceVersion
from console.keys import custody
from console.keys.models import ApiKey, KeyChange, KeyState
from console.lib.ticks import TICKS_PER_USD
from console.polling.models import PollState
from console.usage import budget_words, budgeting
from console.usage.models import Budget, UsageRecord
from tests.people import SECRET

pytestmark = pytest.mark.django_db
PASSWORD = "GATEHOUSE_DEMO_PASSWORD"


@pytest.fixture(autouse=True)
def real(settings: Settings) -> None:
    """Settings as with XAI_API_KEY or XAI_HOSTS."""
    settings.TRYOUT = False
    settings.SANDBOX_URL = ""
    settings.XAI_HOSTS = {"xai": "https://api.x.ai", "second": "https://x.example"}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> None:
    """XAI_API_KEY is set."""
    monkeypatch.setenv("XAI_API_KEY", f"  {SECRET}  ")


def prepare() -> str:
    """Run the command; return what it printed."""
    out = StringIO()
    call_command("prepare", stdout=out)
    return out.getvalue()


def test_stores_the_key_in_the_first_host_unchecked(given: None) -> None:
    printed = prepare()

    key = ApiKey.objects.get()
    assert (key.team.name, key.label, key.host) == ("Main", "first key", "xai")
    assert key.state == KeyState.UNKNOWN
    assert key.last_four == SECRET[-4:]
    assert "its first check is due at once" in printed
    assert SECRET not in printed
    assert not PollState.objects.filter(key=key).exists()  # so it is claimed at once


def test_makes_no_sample_history(given: None) -> None:
    prepare()

    key = ApiKey.objects.get()
    assert not key.team.sample
    assert (key.checked_at, key.models_checked_at) == (None, None)
    for kind in (CatalogChange, Incident, KeyChange, PriceVersion, UsageRecord):
        assert not kind._default_manager.exists()


def test_makes_an_admin_of_the_team_whose_password_is_shown_once(given: None) -> None:
    first, second = prepare(), prepare()

    admin = User.objects.get()
    password = first.split("shown this once: ")[1].split()[0]
    assert (admin.username, admin.role) == ("admin", Role.ADMIN)
    assert admin.teams.get().name == "Main"
    assert admin.check_password(password)
    assert second == "Sign in with your name and password.\n"


def test_takes_the_password_from_the_environment(
    given: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "a long enough password")

    printed = prepare()

    assert "a long enough password" not in printed
    assert User.objects.get().check_password("a long enough password")


def test_refuses_a_weak_password_and_makes_nothing(
    given: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "weak")

    with pytest.raises(CommandError, match="too short") as refusal:
        prepare()

    assert "weak" not in str(refusal.value)
    assert not User.objects.exists()
    assert not ApiKey.objects.exists()


def test_a_second_start_stores_nothing_twice(given: None) -> None:
    prepare()
    prepare()

    assert ApiKey.objects.count() == User.objects.count() == Team.objects.count() == 1


def test_a_removed_key_stays_removed(given: None) -> None:
    prepare()
    custody.remove_key(api_key=ApiKey.objects.get(), actor=SYSTEM)

    prepare()

    assert not ApiKey.objects.filter(removed_at=None).exists()


def test_another_key_is_stored_beside_the_first(
    given: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare()
    monkeypatch.setenv("XAI_API_KEY", "xai-" + "Z9" * 40)

    prepare()

    assert ApiKey.objects.count() == 2


def test_leaves_people_who_are_there_alone(given: None, ada: User) -> None:
    prepare()

    assert list(User.objects.all()) == [ada]


def test_without_a_key_only_an_admin_is_made() -> None:
    assert "Sign in as admin (admin)." in prepare()

    assert User.objects.get().teams.count() == 0
    assert not Team.objects.exists()
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("text", ["sk-not-an-xai-key", "xai-short", "xai-a b" * 9])
def test_refuses_a_text_that_is_no_key_without_repeating_it(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XAI_API_KEY", text)

    with pytest.raises(CommandError, match="XAI_API_KEY must be") as refusal:
        prepare()

    assert text not in str(refusal.value)
    assert not User.objects.exists()


def test_refuses_the_sample_data_of_try_out_mode(given: None) -> None:
    Team.objects.create(name="Search", sample=True)

    with pytest.raises(CommandError, match="choose another GATEHOUSE_DATA_DIR"):
        prepare()

    assert not ApiKey.objects.exists()


def test_sets_one_budget_that_warns_each_person_and_never_sets_it_again(
    given: None,
) -> None:
    prepare()
    budget = Budget.objects.get()
    budgeting.end(budget=budget, actor=SYSTEM)

    prepare()

    assert budget_words.name_of(budget) == "daily budget of each person"
    assert (budget.limit_ticks, budget.hard) == (5 * TICKS_PER_USD, False)
    assert budget.contact == User.objects.get()
    assert Budget.objects.count() == 1

"""`manage.py prepare` in try-out mode, against a real sandbox."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from console.accounts.models import Role, Team, User
from console.audit import chain
from console.audit.actors import SYSTEM
from console.audit.models import Entry
from console.keys import custody
from console.keys.models import ApiKey
from tests.sandbox.conftest import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_history")]
PASSWORD = "GATEHOUSE_DEMO_PASSWORD"


@pytest.fixture
def no_history(settings: Settings) -> None:
    """Write no thirty days: it takes seconds, and `samples` has tests of its own."""
    settings.SAMPLE_HISTORY = False


@pytest.fixture
def history(no_history: None, settings: Settings) -> None:
    """Write them after all, as a user's first start does."""
    settings.SAMPLE_HISTORY = True


def prepare() -> str:
    """Run the command; return what it printed."""
    out = StringIO()
    call_command("prepare", stdout=out)
    return out.getvalue()


def password_in(printed: str) -> str:
    """Return the password that was shown."""
    return printed.strip().rpartition(": ")[2]


def test_makes_four_teams_four_people_and_fourteen_keys(
    tryout: Sandbox, history: None
) -> None:
    printed = prepare()

    assert "Sign in as ada (admin), olga (auditor), fin (finance) or sam" in printed
    assert set(Team.objects.values_list("name", "sample")) == {
        ("Search", True),
        ("Support desk", True),
        ("Platform", True),
        ("Research lab", True),
    }
    assert dict(User.objects.values_list("username", "role")) == {
        "ada": Role.ADMIN,
        "olga": Role.AUDITOR,
        "fin": Role.FINANCE,
        "sam": Role.STAFF,
    }
    assert ApiKey.objects.count() == 14


def test_puts_people_into_their_teams(tryout: Sandbox) -> None:
    prepare()

    teams = {
        person.username: set(person.teams.values_list("name", flat=True))
        for person in User.objects.all()
    }
    assert len(teams["ada"]) == 4
    assert teams["sam"] == {"Search", "Support desk"}
    assert teams["olga"] == teams["fin"] == set()


def test_stores_the_keys_with_owner_and_note_so_that_they_open(tryout: Sandbox) -> None:
    prepare()

    key = ApiKey.objects.get(label="search-prod-ranker")
    assert key.team.name == "Search"
    assert key.owner == "Mara Lindqvist"
    assert "Do not disable" in key.note
    assert key.host == "sandbox"
    assert key.last_four == tryout.secret("search-prod-ranker")[-4:]
    custody.auth_for(key)  # raises if the seal were not bound to this row


def test_leaves_the_spare_keys_for_the_newcomer(tryout: Sandbox) -> None:
    prepare()

    assert not ApiKey.objects.filter(label="search-newcomer").exists()


def test_a_random_password_is_printed_once_and_works(tryout: Sandbox) -> None:
    first, second = prepare(), prepare()

    password = password_in(first)
    assert len(password) == 20
    assert User.objects.get(username="ada").check_password(password)
    assert password not in second
    assert PASSWORD in second


def test_a_given_password_is_never_printed(
    tryout: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "short")

    printed = prepare()

    assert "short" not in printed
    assert User.objects.get(username="sam").check_password("short")


def test_a_later_password_replaces_the_first(
    tryout: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare()
    monkeypatch.setenv(PASSWORD, "another one")

    prepare()
    changed = Entry.objects.filter(action="person.password_changed")
    prepare()

    assert User.objects.get(username="olga").check_password("another one")
    assert changed.count() == 4  # the third start found nothing to change


def test_a_second_start_stores_nothing_twice(tryout: Sandbox, history: None) -> None:
    prepare()
    entries = Entry.objects.count()

    prepare()

    assert (Team.objects.count(), User.objects.count()) == (4, 4)
    assert ApiKey.objects.count() == 14
    assert Entry.objects.count() == entries


def test_a_later_start_brings_nothing_back(tryout: Sandbox, history: None) -> None:
    prepare()
    custody.remove_key(api_key=ApiKey.objects.get(label="lab-agents"), actor=SYSTEM)
    User.objects.get(username="fin").delete()

    prepare()

    assert ApiKey.objects.filter(removed_at=None).count() == 13
    assert not User.objects.filter(username="fin").exists()


def test_a_team_added_while_trying_out_does_not_stop_the_next_start(
    tryout: Sandbox,
) -> None:
    prepare()
    Team.objects.create(name="Mine")

    assert "Sign in as ada" in prepare()


def test_refuses_a_database_with_real_teams(tryout: Sandbox, team: Team) -> None:
    with pytest.raises(CommandError, match="holds real teams") as refusal:
        prepare()

    assert "GATEHOUSE_DATA_DIR" in str(refusal.value)
    assert not ApiKey.objects.exists()


def test_says_when_the_sandbox_does_not_answer_and_makes_nothing(
    tryout: Sandbox, settings: Settings
) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:9"

    with pytest.raises(CommandError, match="sandbox cannot be asked"):
        prepare()

    assert not Team.objects.exists()


def test_a_sealed_vault_stops_the_first_start_with_a_sentence(
    tryout: Sandbox, settings: Settings
) -> None:
    settings.KEK_FILE = settings.DATA_DIR / "no-such-kek"
    settings.KEK_FILE_GIVEN = True

    with pytest.raises(CommandError, match="sealed"):
        prepare()

    assert not User.objects.exists()


def test_everything_made_is_in_the_audit_trail(tryout: Sandbox, history: None) -> None:
    prepare()

    actions = list(Entry.objects.values_list("action", flat=True))
    assert actions.count("team.added") == 4
    assert actions.count("person.added") == 4
    assert actions.count("key.added") == 14
    assert chain.verify().sound

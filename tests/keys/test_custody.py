from __future__ import annotations

import httpx
import pytest
from pytest_django import Settings

from console import vault, xai
from console.accounts.models import Team, User
from console.audit.actors import SYSTEM
from console.audit.models import Entry
from console.keys import custody
from console.keys.models import ApiKey, KeyState
from console.keys.upstream import UnknownHost
from tests.keys.answers import WRONG_KEY, Upstream, key_json, status
from tests.people import SECRET

pytestmark = pytest.mark.django_db
NEW = "xai-" + "Zy9" * 27


def add(
    team: Team,
    secret_text: str = NEW,
    *,
    label: str = "search-new",
    owner: str = "Mara",
    note: str = "",
    host: str = "xai",
) -> ApiKey:
    return custody.add_key(
        team=team,
        label=label,
        owner=owner,
        note=note,
        host=host,
        secret_text=secret_text,
        actor=SYSTEM,
    )


def test_a_key_is_checked_live_and_stored_with_its_facts(
    team: Team, ada: User, upstream: Upstream
) -> None:
    api_key = custody.add_key(
        team=team,
        label="search-new",
        owner="Mara",
        note="for tests",
        host="xai",
        secret_text=f"  {NEW}\n",
        actor=SYSTEM,
        added_by=ada,
    )

    assert api_key.state == KeyState.ACTIVE
    assert api_key.last_four == NEW[-4:]
    assert api_key.created_by == ada
    assert api_key.snapshots.count() == 1
    assert upstream.asked == [("/v1/api-key", NEW)]
    entry = Entry.objects.get(action="key.added")
    assert entry.object_id == str(api_key.pk)
    assert entry.detail["checked_live"] is True
    assert NEW not in str(entry.detail)


def test_the_secret_is_sealed_and_opens_for_its_own_row(
    team: Team, upstream: Upstream
) -> None:
    api_key = add(team)

    assert NEW.encode() not in bytes(api_key.sealed_secret or b"")
    assert isinstance(custody.auth_for(api_key), xai.XaiAuth)

    api_key.team = Team.objects.create(name="Moved")
    with pytest.raises(vault.Tampered):
        custody.auth_for(api_key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sk-1234567890123456789012345",
        "xai-short",
        NEW + "\nX-Header: 1",
        NEW + "é",
        "xai-" + "a" * 5000,
    ],
    ids=["empty", "another maker's", "short", "two lines", "accent", "oversized"],
)
def test_what_is_not_a_key_is_refused_before_anything_is_sent(
    team: Team, upstream: Upstream, text: str
) -> None:
    with pytest.raises(custody.BadFormat) as refusal:
        add(team, text)

    assert "xAI API key" in refusal.value.sentence
    assert text not in refusal.value.sentence or not text
    assert upstream.asked == []


def test_a_key_of_the_same_team_is_refused_by_name(
    team: Team, api_key: ApiKey, upstream: Upstream
) -> None:
    with pytest.raises(custody.AlreadyStored, match="search-prod"):
        add(team, SECRET)

    assert upstream.asked == []


def test_a_key_of_another_team_is_refused_with_that_team(
    other_team: Team, api_key: ApiKey, upstream: Upstream
) -> None:
    with pytest.raises(custody.StoredElsewhere, match="another team, Search"):
        add(other_team, SECRET)


def test_a_removed_key_may_come_back(
    team: Team, api_key: ApiKey, upstream: Upstream
) -> None:
    custody.remove_key(api_key=api_key, actor=SYSTEM)

    assert add(team, SECRET).pk != api_key.pk


@pytest.mark.parametrize(
    ("answer", "refusal", "words"),
    [
        pytest.param(WRONG_KEY, custody.KeyNotAccepted, "refused it", id="wrong key"),
        pytest.param(
            status(403, {"code": "permission-denied", "error": "key is disabled"}),
            custody.KeyNotAccepted,
            "refused it",
            id="disabled",
        ),
        pytest.param(status(500), custody.UpstreamSilent, "try again", id="500"),
        pytest.param(status(429), custody.UpstreamSilent, "try again", id="429"),
        pytest.param(
            lambda _: httpx.Response(200, content=b"<html>"),
            custody.UpstreamSilent,
            "cannot be read",
            id="not json",
        ),
    ],
)
def test_what_xai_does_not_confirm_is_not_stored(
    team: Team,
    upstream: Upstream,
    answer: object,
    refusal: type[custody.Refused],
    words: str,
) -> None:
    upstream.answers[NEW] = answer  # type: ignore[assignment]

    with pytest.raises(refusal, match=words) as refused:
        add(team)

    assert NEW not in str(refused.value)
    assert not ApiKey.objects.exists()
    assert not Entry.objects.filter(action="key.added").exists()


def test_an_unreachable_xai_stores_nothing(team: Team, upstream: Upstream) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    upstream.answers[NEW] = refuse

    with pytest.raises(custody.UpstreamSilent, match="no connection"):
        add(team)


def test_a_blocked_key_is_stored_as_what_it_is(team: Team, upstream: Upstream) -> None:
    upstream.answers[NEW] = key_json(api_key_blocked=True)

    assert add(team).state == KeyState.KEY_BLOCKED


def test_a_key_of_another_xai_team_is_refused(team: Team, upstream: Upstream) -> None:
    Team.objects.update(xai_team_id="somewhere-else")
    team.refresh_from_db()

    with pytest.raises(custody.TeamMismatch, match="another xAI team"):
        add(team)


@pytest.mark.parametrize("field", ["label", "owner", "note"])
def test_a_key_in_a_text_field_is_refused(
    team: Team, upstream: Upstream, field: str
) -> None:
    with pytest.raises(custody.SecretInText):
        add(team, **{field: f"see {SECRET}"})


def test_a_sealed_vault_takes_nothing_in(
    team: Team, upstream: Upstream, settings: Settings
) -> None:
    settings.KEK_FILE = settings.BASE_DIR / "no-such-kek"
    vault.forget()

    with pytest.raises(vault.Sealed):
        add(team)

    assert not ApiKey.objects.exists()


def test_a_host_that_is_not_named_takes_nothing_in(
    team: Team, upstream: Upstream
) -> None:
    with pytest.raises(UnknownHost):
        add(team, host="elsewhere")


def test_storing_unverified_asks_nobody(api_key: ApiKey, upstream: Upstream) -> None:
    assert api_key.state == KeyState.UNKNOWN
    assert api_key.verified_at is None
    assert upstream.asked == []
    assert Entry.objects.get(action="key.added").detail["checked_live"] is False


def test_a_replaced_secret_is_checked_and_keeps_the_row(
    api_key: ApiKey, upstream: Upstream
) -> None:
    ApiKey.objects.update(models_checked_at=api_key.created_at, xai_key_id="old")
    sealed = bytes(api_key.sealed_secret or b"")

    replaced = custody.replace_secret(api_key=api_key, secret_text=NEW, actor=SYSTEM)

    assert replaced.pk == api_key.pk
    assert (replaced.secret_version, replaced.last_four) == (2, NEW[-4:])
    assert bytes(replaced.sealed_secret or b"") != sealed
    assert replaced.models_checked_at is None
    assert replaced.xai_key_id == f"id-{NEW[-20:]}"
    assert replaced.state == KeyState.ACTIVE
    custody.auth_for(replaced)
    detail = Entry.objects.get(action="key.secret_replaced").detail
    assert detail["before"]["last_four"] == SECRET[-4:]
    assert detail["after"]["last_four"] == NEW[-4:]


def test_a_secret_is_not_replaced_by_itself(
    api_key: ApiKey, upstream: Upstream
) -> None:
    with pytest.raises(custody.AlreadyStored):
        custody.replace_secret(api_key=api_key, secret_text=SECRET, actor=SYSTEM)


def test_a_refused_secret_replaces_nothing(api_key: ApiKey, upstream: Upstream) -> None:
    upstream.answers[NEW] = WRONG_KEY

    with pytest.raises(custody.KeyNotAccepted):
        custody.replace_secret(api_key=api_key, secret_text=NEW, actor=SYSTEM)

    api_key.refresh_from_db()
    assert api_key.secret_version == 1


def test_removing_forgets_the_secret_and_keeps_the_row(
    api_key: ApiKey, ada: User
) -> None:
    custody.remove_key(api_key=api_key, actor=SYSTEM)

    api_key.refresh_from_db()
    assert api_key.sealed_secret is None
    assert api_key.removed_at is not None
    assert not ApiKey.objects.visible_to(ada).exists()
    with pytest.raises(custody.NotStored):
        custody.auth_for(api_key)
    with pytest.raises(custody.NotStored):
        custody.remove_key(api_key=api_key, actor=SYSTEM)

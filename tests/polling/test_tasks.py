from __future__ import annotations

import inspect
import socket
from collections.abc import Iterator
from time import monotonic

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from console import vault
from console.keys.models import ApiKey, KeyState
from console.polling import life, tasks
from console.polling.clock import database_time
from console.polling.models import PollState, Pulse
from tests.keys.answers import Upstream, status
from tests.polling.conftest import MakeKeys, secret_of

pytestmark = pytest.mark.django_db


def test_tasks_have_names_of_their_own_and_take_newer_messages() -> None:
    assert tasks.ring.name == "polling.ring"
    assert tasks.poll_batch.name == "polling.poll_batch"
    for task in (tasks.ring, tasks.poll_batch):
        kinds = [p.kind for p in inspect.signature(task.run).parameters.values()]
        assert kinds == [inspect.Parameter.VAR_KEYWORD]


def test_a_batch_polls_what_is_due_and_gives_a_sign_of_life(
    make_keys: MakeKeys, upstream: Upstream
) -> None:
    make_keys(3)

    tasks.poll_batch(newer="argument")

    assert ApiKey.objects.filter(state=KeyState.ACTIVE).count() == 3
    assert life.poller_state(database_time()).alive


def test_a_ring_prepares_rows_and_gives_a_sign_of_life(make_keys: MakeKeys) -> None:
    make_keys(1)

    tasks.ring()
    tasks.ring()

    assert PollState.objects.count() == 2
    assert set(Pulse.objects.values_list("part", flat=True)) == {"beat", "worker"}


@pytest.fixture
def silent_broker() -> Iterator[str]:
    """A broker that lets itself be called and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis+socket:///nowhere"])
def test_without_a_broker_the_bell_is_silent_at_once(url: str) -> None:
    begun_at = monotonic()

    assert tasks.ring_bell(url) is False

    assert monotonic() - begun_at < 1


def test_a_broker_that_hangs_does_not_hold_up_who_rings(silent_broker: str) -> None:
    begun_at = monotonic()

    assert tasks.ring_bell(silent_broker) is False

    assert monotonic() - begun_at < 2


def test_a_bell_that_rings_leaves_a_message() -> None:
    assert tasks.ring_bell("memory://") is True


def test_refreshing_here_polls_all_and_says_what_came_out(
    make_keys: MakeKeys, upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    make_keys(3)
    call_command("refresh_keys", "--wait")
    asked = upstream.count("/v1/api-key")

    call_command("refresh_keys", "--wait")
    assert upstream.count("/v1/api-key") == asked  # nothing is due

    call_command("refresh_keys", "--wait", "--all")
    assert upstream.count("/v1/api-key") == 2 * asked
    printed = capsys.readouterr().out
    assert "     3 Usable" in printed
    assert "6 polls in" in printed
    assert "0 keys without an answer" in printed


def test_refreshing_ends_with_1_if_a_key_gave_no_answer(
    make_keys: MakeKeys, upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    make_keys(2)
    upstream.answers[secret_of(0)] = status(503)

    with pytest.raises(SystemExit) as end:
        call_command("refresh_keys", "--wait")

    assert end.value.code == 1
    printed = capsys.readouterr().out
    assert "1 key without an answer." in printed
    assert printed.count("no answer for ") == 1


def test_refreshing_elsewhere_makes_due_and_rings(
    make_keys: MakeKeys, upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    make_keys(2)

    call_command("refresh_keys", "--all")

    assert "4 polls due. A running worker takes them" in capsys.readouterr().out
    assert upstream.asked == []


def test_refreshing_with_a_sealed_vault_says_what_to_do(settings: Settings) -> None:
    settings.KEK_FILE = settings.BASE_DIR / "no-such-kek"
    vault.forget()

    with pytest.raises(CommandError, match="sealed"):
        call_command("refresh_keys", "--wait")

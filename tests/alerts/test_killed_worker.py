"""A worker killed with -9 loses no message, and sends none again that it noted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from console.accounts.models import Team
from console.alerts import incidents
from console.alerts.models import ChannelKind, Delivery, DeliveryState
from console.keys.models import KeyState
from tests.alerts.conftest import MakeChannel, bad_key
from tests.alerts.receivers import Post, Receiver
from tests.services import DATA_DIR, PROJECT
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

LEASE = "2"  # seconds; a killed worker's delivery waits for its end
MESSAGES = 12


@contextmanager
def worker(kek_file: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a worker on this test's database; leave none behind."""
    database = str(connection.settings_dict["NAME"])
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.alerts.worker", database, str(kek_file), LEASE],
        cwd=PROJECT,
        env={**os.environ, "GATEHOUSE_DATA_DIR": str(DATA_DIR)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def decide(team: Team, number: int) -> None:
    for n in range(number):
        bad_key(team, f"key {n}", KeyState.REJECTED)
    incidents.sweep()


def all_sent() -> bool:
    return not Delivery.objects.exclude(state=DeliveryState.SENT).exists()


def noted() -> set[str]:
    rows = Delivery.objects.filter(state=DeliveryState.SENT)
    return {str(pk) for pk in rows.values_list("pk", flat=True)}


def test_what_was_decided_before_the_kill_is_sent_after_it(
    team: Team, make_channel: MakeChannel, receiver: Receiver, kek_file: Path
) -> None:
    make_channel(kind=ChannelKind.SLACK, target=receiver.url)
    decide(team, MESSAGES)  # by a worker that was killed before it sent any

    with worker(kek_file):
        wait_until(all_sent)

    arrived = Counter(post.delivery for post in receiver.posts)
    assert arrived == Counter(dict.fromkeys(noted(), 1))
    assert len(arrived) == MESSAGES


def test_killed_in_the_middle_of_sends_it_loses_none_and_repeats_only_those(
    team: Team, make_channel: MakeChannel, receiver: Receiver, kek_file: Path
) -> None:
    make_channel(kind=ChannelKind.SLACK, target=receiver.url)
    decide(team, MESSAGES)
    in_flight: set[str] = set()
    noted_before: set[str] = set()

    for kill_at in (1, 4, 9):

        def kill(post: Post, kill_at: int = kill_at) -> None:
            if len(receiver.posts) == kill_at:
                in_flight.add(post.delivery)
                os.kill(process.pid, signal.SIGKILL)

        receiver.before = kill
        with worker(kek_file) as process:
            process.wait(timeout=20)
        noted_before |= noted()
    assert not all_sent()
    receiver.before = None
    with worker(kek_file):
        wait_until(all_sent)

    arrived = Counter(post.delivery for post in receiver.posts)
    assert set(arrived) == noted()
    assert len(arrived) == MESSAGES
    assert {delivery for delivery, times in arrived.items() if times > 1} <= in_flight
    assert all(arrived[delivery] == 1 for delivery in noted_before - in_flight)


def test_two_workers_send_each_message_once(
    team: Team, make_channel: MakeChannel, receiver: Receiver, kek_file: Path
) -> None:
    for name in ("a", "b", "c"):
        make_channel(name, kind=ChannelKind.SLACK, target=receiver.url)
    decide(team, MESSAGES)

    with worker(kek_file), worker(kek_file):
        wait_until(all_sent, seconds=40)

    arrived = Counter(post.delivery for post in receiver.posts)
    assert len(arrived) == 3 * MESSAGES
    assert set(arrived.values()) == {1}

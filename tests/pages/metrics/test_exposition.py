"""The text that Prometheus reads, read by the parser of its client library."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.conf import settings
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from console.accounts.models import User
from console.keys.models import ApiKey
from console.pages.metrics.exposition import exposition
from tests.finance.calls.booked import booked, whole
from tests.keys.stored import stored_model

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def read() -> dict[str, Metric]:
    text = exposition(now=NOON).decode()
    return {one.name: one for one in text_string_to_metric_families(text)}


def test_a_family_has_its_help_its_type_and_its_samples() -> None:
    lines = exposition(now=NOON).decode().splitlines()

    assert lines[:3] == [
        "# HELP gatehouse_build_info The version that runs.",
        "# TYPE gatehouse_build_info gauge",
        f'gatehouse_build_info{{version="{settings.VERSION}"}} 1.0',
    ]
    assert "# TYPE gatehouse_spend_ticks_total counter" in lines


def test_nothing_but_our_own_is_told() -> None:
    exposition(now=NOON)

    assert {name.partition("_")[0] for name in read()} == {"gatehouse"}


def test_asked_twice_for_one_moment_it_says_the_same() -> None:
    assert exposition(now=NOON) == exposition(now=NOON)


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb 7", "größe", 'x="1",y="2"} 3'])
def test_labels_cannot_break_a_line(sam: User, api_key: ApiKey, name: str) -> None:
    booked(whole(sam, api_key, NOON, model=stored_model(name)))

    (sample,) = read()["gatehouse_calls"].samples

    assert (sample.labels["model"], sample.value) == (name, 1)


def test_large_amounts_are_told_as_prometheus_keeps_them(
    sam: User, api_key: ApiKey
) -> None:
    ticks = 9 * 10**16 + 1  # nine million dollars, and a tick
    booked(whole(sam, api_key, NOON, ticks=ticks))

    (sample,) = read()["gatehouse_spend_ticks"].samples

    assert sample.value == float(ticks)

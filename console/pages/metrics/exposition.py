"""The text that Prometheus reads, written by its client library."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from console.pages.metrics.families import families

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4


class _Scrape(Collector):
    """All metrics at one moment."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterable[Metric]:
        return families(now=self._now)


def exposition(*, now: datetime) -> bytes:
    """Return all metrics as text.

    The registry is of this one answer: the library's own would add what it knows of
    this process, which is one of several. Values are floats, as in Prometheus.
    """
    registry = CollectorRegistry()
    registry.register(_Scrape(now))
    return generate_latest(registry)

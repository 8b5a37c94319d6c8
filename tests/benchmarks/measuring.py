"""How the benchmarks of pages measure."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter

from django.test import Client

ROUNDS = 15


def median_of(act: Callable[[], object]) -> float:
    """Return the median seconds of ROUNDS calls, after one that is not counted."""
    act()
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        act()
        times.append(perf_counter() - start)
    return median(times)


def medians_of(one: Callable[[], object], other: Callable[[], object]) -> list[float]:
    """Return the median seconds of two acts, taken in turns.

    A processor that slows down or speeds up meets both alike.
    """
    times: list[list[float]] = [[], []]
    for round_ in range(ROUNDS + 1):
        for act, seen in zip((one, other), times, strict=True):
            start = perf_counter()
            act()
            if round_:  # the first is not counted
                seen.append(perf_counter() - start)
    return [median(seen) for seen in times]


def open_page(browser: Client, url: str) -> str:
    """Return a page, which must be there."""
    answer = browser.get(url, headers={"Host": "localhost"})
    assert answer.status_code == 200
    return answer.text

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


def open_page(browser: Client, url: str) -> str:
    """Return a page, which must be there."""
    answer = browser.get(url, headers={"Host": "localhost"})
    assert answer.status_code == 200
    return answer.text

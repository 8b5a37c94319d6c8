"""Every address has a rule, and its rule is one of the table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from console.accounts.rules import RULES


def patterns(
    resolver: URLResolver, before: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    """Yield every address with its full path."""
    for one in resolver.url_patterns:
        path = f"{before}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from patterns(one, path)
        else:
            yield path, one


ADDRESSES = dict(patterns(get_resolver("console.urls")))


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_address_has_a_rule(path: str) -> None:
    assert getattr(ADDRESSES[path].callback, "rule", None) in RULES


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_address_has_a_name(path: str) -> None:
    assert ADDRESSES[path].name


def test_every_rule_is_used() -> None:
    used = {getattr(one.callback, "rule", "") for one in ADDRESSES.values()}

    assert used == set(RULES)

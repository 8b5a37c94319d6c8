"""Every address of the product, for tests that cross all parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from uuid import uuid4

from django.urls import get_resolver

from tests.conventions.test_urls import patterns

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
NOBODYS: Mapping[str, object] = {  # a parameter that is not named here is an error
    "budget_id": uuid4(),
    "catalog_change_id": uuid4(),
    "change_id": 987_654_321,
    "channel_id": uuid4(),
    "conversation_id": uuid4(),
    "feed_token": "nobodys-token",
    "finding_id": 987_654_321,
    "incident_id": uuid4(),
    "job_id": uuid4(),
    "key_id": uuid4(),
    "model": uuid4(),
    "prompt_id": uuid4(),
    "raise_id": 987_654_321,
    "record_id": uuid4(),
    "rule_id": 987_654_321,
    "scenario_id": uuid4(),
    "share_id": uuid4(),
    "share_token": "nobodys-link",
    "snapshot_token": "nobodys-snapshot",
    "turn_id": uuid4(),
    "usage_view_id": 987_654_321,
    "view_id": 987_654_321,
}


@dataclass(frozen=True, slots=True)
class Address:
    """One address with its parameters open."""

    path: str

    @property
    def parameters(self) -> list[str]:
        """Return the names of its parameters."""
        return PARAMETER.findall(self.path)

    def url(self, ids: Mapping[str, object] = NOBODYS) -> str:
        """Return the address for these ids."""
        return "/" + PARAMETER.sub(lambda name: str(ids[name[1]]), self.path)


@cache
def addresses() -> dict[str, Address]:
    """Return every address by its full name."""
    resolver = get_resolver("console.urls")
    every = [Address(path) for path, _ in patterns(resolver)]
    return {resolver.resolve(one.url()).view_name: one for one in every}

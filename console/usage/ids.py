"""Ids of usage records: UUIDs of version 7, which begin with the time of the call.

So records lie in the order of time, a month of them is one range of ids, and a page of
them continues after an id. PostgreSQL makes them by the same rule (migration 0005).
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import models

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def first_id(moment: datetime) -> UUID:
    """Return what no id of a record from `moment` on is below, to the millisecond."""
    return UUID(int=(moment - EPOCH) // MILLISECOND << 80)


def new_id(moment: datetime) -> UUID:
    """Return a new id of a record that was opened at `moment`."""
    variant_and_random = 0b10 << 62 | secrets.randbits(62)
    version_and_random = 7 << 12 | secrets.randbits(12)
    return UUID(
        int=first_id(moment).int | version_and_random << 64 | variant_and_random
    )


class RecordId(models.UUIDField):  # type: ignore[type-arg]
    """The id of a record; one that has none when it is stored gets it by its time."""

    def get_pk_value_on_save(self, instance: Any) -> UUID:
        """Django asks for it where a row without an id is stored."""
        return new_id(instance.opened_at)

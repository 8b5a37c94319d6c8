"""Making a record older, as if its call had begun before."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import connection

OLDER = """
    UPDATE usage_usagerecord
       SET opened_at = opened_at - %(by)s::interval,
           id = usage_new_id(opened_at - %(by)s::interval)
     WHERE id = %(id)s
    RETURNING id
"""


def older(record_id: UUID, by: timedelta) -> UUID:
    """Let a call have begun so much earlier; return the id it has then."""
    with connection.cursor() as cursor:
        cursor.execute(OLDER, {"id": record_id, "by": f"{by.total_seconds()} s"})
        (new_id,) = cursor.fetchone()
    assert isinstance(new_id, UUID)
    return new_id

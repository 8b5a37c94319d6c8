"""What an instance has stored: asked of its database, or by a command beside it."""

from __future__ import annotations

import json
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from console.runtime.layout import DATABASE, DATABASE_USER, Layout
from tests.e2e.instance import Instance

RECORDS = """
SELECT id::text, state, endpoint, outcome, source, cost_ticks, reported_ticks,
       computed_ticks, upstream_request_id, settled_at
FROM usage_usagerecord ORDER BY opened_at
"""
STOCK = """
import json
from console.accounts.models import Team, User
from console.audit import chain
from console.keys.models import ApiKey, KeySnapshot
from console.usage.models import UsageRecord
counted = ApiKey, KeySnapshot, Team, UsageRecord, User
stock = {model.__name__: model.objects.count() for model in counted}
stock["samples"] = Team.objects.filter(sample=True).count()
costs = UsageRecord.objects.exclude(cost_ticks=None)
stock["ticks"] = sum(costs.values_list("cost_ticks", flat=True))
stock["broken_at"] = chain.verify().broken_at
print(json.dumps(stock))
"""


def usage_records(instance: Instance) -> list[dict[str, Any]]:
    """Return every usage record, oldest first."""
    with database(instance) as connection:
        return connection.execute(RECORDS).fetchall()


def database(instance: Instance) -> psycopg.Connection[DictRow]:
    """Return a connection to the database of an instance that runs."""
    return psycopg.connect(
        host=str(Layout(instance.data_dir).run),
        user=DATABASE_USER,
        dbname=DATABASE,
        row_factory=dict_row,
    )


def stock(instance: Instance) -> dict[str, int | None]:
    """Return how many rows of each kind there are, and if the audit trail is whole."""
    found: dict[str, int | None] = _shell(instance, STOCK)
    return found


def _shell(instance: Instance, code: str) -> Any:
    done = instance.manage("shell", "--verbosity", "0", "--no-imports", "-c", code)
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout.splitlines()[-1])

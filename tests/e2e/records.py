"""What an instance has stored, asked by a command that runs beside it."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.instance import Instance

RECORDS = """
import json
from console.usage.models import UsageRecord
names = "id state endpoint outcome source cost_ticks reported_ticks computed_ticks"
columns = [*names.split(), "upstream_request_id", "key__label", "settled_at"]
rows = UsageRecord.objects.order_by("opened_at").values(*columns)
print(json.dumps(list(rows), default=str))
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
    found: list[dict[str, Any]] = _shell(instance, RECORDS)
    return found


def stock(instance: Instance) -> dict[str, int | None]:
    """Return how many rows of each kind there are, and if the audit trail is whole."""
    found: dict[str, int | None] = _shell(instance, STOCK)
    return found


def _shell(instance: Instance, code: str) -> Any:
    done = instance.manage("shell", "--verbosity", "0", "--no-imports", "-c", code)
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout.splitlines()[-1])

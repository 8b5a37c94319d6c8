"""Beat's own application: the whole table, and nothing that it does not need."""

from __future__ import annotations

import json

from console.celery import RINGS
from tests.runtime.conftest import Spawn

START = """
import json, logging, sys
from console.beat import app
app.loader.init_worker()
app.finalize()
app.log.setup("WARNING")
from django.apps import apps
said = {
    "rings": {name: row["schedule"] for name, row in app.conf.beat_schedule.items()},
    "broker": app.conf.broker_transport_options["global_keyprefix"],
    "apps": apps.apps_ready,
    "tasks": [name for name in app.tasks if not name.startswith("celery.")],
    "redacts": [str(one) for one in logging.getLogger().handlers[0].filters],
}
print(json.dumps(said))
"""


def test_knows_the_table_and_the_broker_but_no_page_and_no_task(spawn: Spawn) -> None:
    output, _ = spawn("-c", START).communicate(timeout=60)

    said = json.loads(output)
    assert said["rings"] == RINGS
    assert said["broker"] == "gatehouse:"
    assert not said["apps"]
    assert said["tasks"] == []
    assert "RedactFilter" in said["redacts"][0]

"""One secret that must be found nowhere, wherever an import or a look-up went."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from kombu import Connection

from console.accounts.models import Team, User
from console.keys import tasks
from console.keys.importing import jobs
from console.keys.models import ImportJob
from console.lib import bell
from tests.keys.answers import WRONG_KEY, Upstream, status
from tests.keys.importing.tables_of import work
from tests.people import ClientOf

pytestmark = pytest.mark.django_db
CANARY = "xai-" + "C4naryC4nary" * 6
MIDDLE = CANARY[8:60]
TABLES = {
    "good": f"secret,team,label\n{CANARY},Search,one\n",
    "bad team": f"secret,team,label\n{CANARY},,one\n",
    "wrong columns": f"secret,team,label\nSearch,one,{CANARY}\n",
    "twice": f"secret,team,label\n{CANARY},Search,one\n{CANARY},Search,two\n",
    "in a note": f"secret,team,label,note\n{CANARY},Search,one,is {CANARY}\n",
    "no heading": f"{CANARY},Search,one\n",
    "half quote": f'secret,team,label\n"{CANARY}",S"earch,"one\n',
    "two lines": f'secret,team,label\n"{CANARY[:30]}\n{CANARY[30:]}",Search,one\n',
}


def tables() -> Iterator[tuple[str, str]]:
    """Yield every text of every table of the database, with the table's name."""
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{name}" AS t')
            for (row,) in cursor.fetchall():
                yield name, row


def sweep(*texts: str) -> None:
    """Fail where the canary, or a good part of it, is found."""
    as_hex = MIDDLE.encode().hex()
    for text in texts:
        assert MIDDLE not in text
    for name, row in tables():
        assert MIDDLE not in row, name
        assert as_hex not in row, name  # columns of bytes are shown as hex digits


@pytest.mark.parametrize("way", ["file", "paste"])
@pytest.mark.parametrize("name", TABLES)
def test_no_preview_holds_it_in_the_clear(
    client_of: ClientOf,
    ada: User,
    team: Team,
    caplog: pytest.LogCaptureFixture,
    name: str,
    way: str,
) -> None:
    caplog.set_level("DEBUG")
    browser = client_of(ada)
    table = TABLES[name]
    sent: dict[str, Any] = {"credential_material": table}
    if way == "file":
        sent = {"table_file": SimpleUploadedFile(f"{CANARY}.csv", table.encode())}

    page = browser.post("/keys/import/", sent, follow=True)
    texts = [page.text, caplog.text, str(page.redirect_chain)]
    for job in ImportJob.objects.all():
        for format in ("csv", "json"):
            file = browser.get(f"/keys/import/{job.pk}/", {"format": format})
            texts.append(file.getvalue().decode())

    sweep(*texts)


@pytest.mark.parametrize("answer", ["good", "wrong", "silent", "cancelled"])
def test_no_import_leaves_it_anywhere(
    client_of: ClientOf,
    ada: User,
    team: Team,
    upstream: Upstream,
    caplog: pytest.LogCaptureFixture,
    answer: str,
) -> None:
    caplog.set_level("DEBUG")
    upstream.answers |= {
        "wrong": {CANARY: WRONG_KEY},
        "silent": {CANARY: status(503, {"error": f"no {CANARY}"})},
    }.get(answer, {})
    browser = client_of(ada)
    sent = {"credential_material": TABLES["good"]}
    preview = browser.post("/keys/import/", sent, follow=True)
    job = ImportJob.objects.get()

    running = browser.post(f"/keys/import/{job.pk}/start/", follow=True)
    if answer == "cancelled":
        browser.post(f"/keys/import/{job.pk}/cancel/")
    for _ in range(3):
        job.rows.update(due_at=job.created_at)
        work()

    shown = browser.get(f"/keys/import/{job.pk}/")
    job.refresh_from_db()
    assert job.finished_at is not None
    assert not job.rows.exclude(sealed_secret=None).exists()
    session = json.dumps(dict(browser.session.items()), default=str)
    sweep(preview.text, running.text, shown.text, caplog.text, session)


def test_the_cache_and_the_messages_for_workers_hold_nothing(
    client_of: ClientOf, ada: User, team: Team
) -> None:
    client_of(ada).post("/keys/import/", {"credential_material": TABLES["good"]})
    job = ImportJob.objects.get()
    cache.set("proof", "that keys are found")
    raw = cache._cache.get_client()  # type: ignore[attr-defined]

    assert bell.ring(tasks.import_rows.name, "memory://")
    with Connection("memory://") as broker:
        message = broker.SimpleQueue("celery").get(block=False)
    message.ack()

    assert message.headers["task"] == "keys.import_rows"
    assert message.payload[:2] == [[], {}]
    assert MIDDLE not in json.dumps([message.headers, message.payload])
    found = [
        raw.get(key) for key in raw.scan_iter("test-*") if raw.type(key) == b"string"
    ]
    assert found
    assert all(MIDDLE.encode() not in value for value in found)
    assert jobs.DRAFT_TIME.total_seconds() == 3600
    assert job.rows.get().last_four == CANARY[-4:]


def test_nothing_of_it_is_on_disk(
    client_of: ClientOf, ada: User, team: Team, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    table = TABLES["good"] + "".join(
        f"nonsense{n},Search,{'x' * 90},\n" for n in range(990)
    )
    file = SimpleUploadedFile("keys.csv", table.encode())

    answer = client_of(ada).post("/keys/import/", {"table_file": file})

    assert answer.status_code == 303
    assert list(tmp_path.iterdir()) == []

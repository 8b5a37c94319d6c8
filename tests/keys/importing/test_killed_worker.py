"""A worker that dies in the middle: nothing is lost, nothing is there twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client

from console.accounts.models import Role
from console.audit.models import Entry
from console.keys.importing import jobs
from console.keys.models import ApiKey, ImportJob, ImportRow, ImportState, RowState
from console.runtime.embedded import ensure
from tests import services
from tests.conventions.sources import PROJECT
from tests.keys.answers import key_json
from tests.keys.importing.tables_of import started, table_of
from tests.people import ClientOf, person
from tests.waiting import wait_until

ROWS = 200
DELAY = 0.03  # seconds of one answer
PATIENCE = 300  # seconds, on a machine with much else to do


class Xai(ThreadingHTTPServer):
    """Answers about every key, slowly, and counts."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked: Counter[str] = Counter()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    server: Xai

    def do_GET(self) -> None:
        secret = self.headers["Authorization"].removeprefix("Bearer ")
        if self.path == "/v1/api-key":
            self.server.asked[secret] += 1
            Event().wait(DELAY)
        body = json.dumps(key_json(api_key_id=f"id-{secret[-8:]}")).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def slow_xai() -> Iterator[Xai]:
    """A stand-in for xAI that other processes can reach."""
    with Xai() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def worker(kek: Path, url: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker that takes messages of nobody else."""
    name = str(connection.settings_dict["NAME"])
    arguments = [name, str(kek), url, f"test-{uuid4()}:"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.keys.importing.worker", *arguments],
            cwd=PROJECT,
            stdout=output,
            stderr=output,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_is_followed_by_another(
    kek_file: Path, slow_xai: Xai, tmp_path: Path, client_of: ClientOf
) -> None:
    ensure(services.DATA_DIR, durable=False)
    job = started(table_of(ROWS))
    log = tmp_path / "worker.log"
    stored = ImportRow.objects.filter(state=RowState.STORED)

    with worker(kek_file, slow_xai.url, log) as first:
        wait_until(lambda: stored.count() >= 40, seconds=PATIENCE)
        first.send_signal(signal.SIGKILL)
        first.wait()

    at_death = stored.count()
    assert 40 <= at_death < ROWS
    assert ApiKey.objects.count() == at_death
    assert jobs.claim() is None  # its lease holds still
    shown = bar_of(client_of(person("eve", Role.ADMIN)), job)
    assert shown == (at_death, ROWS)  # what the page shows survives it

    ImportJob.objects.update(lease_until=Now())  # half a minute passes
    with worker(kek_file, slow_xai.url, log):
        wait_until(lambda: is_over(job), seconds=PATIENCE)

    labels = list(ApiKey.objects.values_list("label", flat=True))
    assert len(labels) == len(set(labels)) == ROWS
    assert stored.count() == stored.exclude(key=None).count() == ROWS
    assert not ImportRow.objects.exclude(sealed_secret=None).exists()
    assert Entry.objects.filter(action="key.added").count() == ROWS
    assert Entry.objects.filter(action="keys.imported").count() == 1
    assert len(slow_xai.asked) == ROWS
    assert b"xai-0000" not in log.read_bytes()


def is_over(job: ImportJob) -> bool:
    """Tell whether the import has finished."""
    job.refresh_from_db()
    return job.state == ImportState.FINISHED


def bar_of(browser: Client, job: ImportJob) -> tuple[int, int]:
    """Return what the progress bar says."""
    page = browser.get(f"/keys/import/{job.pk}/").text
    value, most = page.split('<progress id="bar" value="')[1].split('" max="')
    return int(value), int(most.split('"')[0])

"""`manage.py alive`, for health checks of containers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from console.polling import life
from console.polling.models import Pulse


class Health(BaseHTTPRequestHandler):
    """Answers /healthz alone."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Stay silent."""


@pytest.fixture
def web(settings: Settings) -> Iterator[HTTPServer]:
    """A web process on a free port of this machine."""
    server = HTTPServer(("127.0.0.1", 0), Health)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}
    )
    thread.start()
    settings.PORT = server.server_port
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_web_process_answers(
    web: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("alive", "web")

    assert capsys.readouterr().out == "web is alive\n"


def test_a_web_process_that_does_not_answer_is_dead(settings: Settings) -> None:
    settings.PORT = 9

    with pytest.raises(CommandError, match="web does not answer"):
        call_command("alive", "web")


@pytest.mark.django_db
@pytest.mark.parametrize("part", [life.WORKER, life.BEAT])
def test_a_part_lives_while_it_finishes_work(part: str) -> None:
    with pytest.raises(CommandError):
        call_command("alive", part)

    life.beat(part)
    call_command("alive", part)

    Pulse.objects.update(at=timezone.now() - timedelta(minutes=3))
    with pytest.raises(CommandError, match="has finished no work for 120 s"):
        call_command("alive", part)


def test_no_other_part_is_known() -> None:
    with pytest.raises(CommandError):
        call_command("alive", "everything")

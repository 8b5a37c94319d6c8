"""A call waits for its database before anything asks it; a page does not."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from console.lib.streams import PatienceMiddleware


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "connected"),
    [("/stream/chat/", True), ("/playground/chat/", False), ("/streams/", False)],
)
def test_only_a_call_connects_before_it_asks(
    rf: RequestFactory, path: str, connected: bool
) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(connection.connection is not None))

    connection.close()

    answer: Any = PatienceMiddleware(view)(rf.post(path))

    assert answer.content.decode() == str(connected)

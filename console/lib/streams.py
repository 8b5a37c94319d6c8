"""What the addresses of streams have in common."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from console.lib.db import wait_for_database

STREAMS = "/stream/"


class PatienceMiddleware(MiddlewareMixin):
    """Let a call wait for a database that restarts; pages say at once that it is away.

    Before all that asks the database.
    """

    def process_request(self, request: HttpRequest) -> HttpResponseBase | None:
        """Wait, and go on."""
        if request.path.startswith(STREAMS):
            wait_for_database()
        return None

"""Default deny, before any view runs, and the count of what was denied."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from console.accounts import proof
from console.accounts.acting import actor_of
from console.audit import tallies

DENIALS = {HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}

log = logging.getLogger(__name__)


class DenialsMiddleware:
    """Counts what a rule, a limit or the CSRF check refused, for the audit trail.

    One row per person and minute; the worker makes an entry of it. A view whose
    limit answers in a page says so by `rate_limited` on its response.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; count the answer if it is a denial."""
        response = self.get_response(request)
        limited = getattr(response, "rate_limited", False)
        if response.status_code in DENIALS or limited:
            self._count(request)
        return response

    def _count(self, request: HttpRequest) -> None:
        match = request.resolver_match
        try:
            tallies.count(
                action="access.denied",
                actor=actor_of(request),
                what=match.view_name if match else "an unknown address",
                outcome="refused",
            )
        except (DatabaseError, InterfaceError):
            log.warning("a denial was not counted: the database refused")


class DefaultDenyMiddleware(LoginRequiredMiddleware):
    """Closes views that carry no rule, and sends strangers to the sign-in page.

    Scripts get an answer they understand: htmx is told to reload its page, which
    leads to the sign-in, and a fetch() gets a plain 401 instead of a page it would
    take for the answer.
    """

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        """Let through, or answer in the view's place."""
        if not hasattr(view_func, "rule"):
            raise PermissionDenied("This view has no rule.")
        if not getattr(view_func, "login_required", True):
            return None  # without looking up the person: health needs no database
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        """Answer a stranger."""
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401, headers={"HX-Refresh": "true"})
        if request.headers.get("Sec-Fetch-Dest") == "empty":
            return HttpResponse(
                "You are signed out. Reload the page to sign in.",
                content_type="text/plain; charset=utf-8",
                status=401,
            )
        return redirect_to_login(proof.page_of(request))

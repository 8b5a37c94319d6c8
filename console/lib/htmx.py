"""Answering htmx: a part of a page for a swap, the whole page for everything else."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails


class ConsoleRequest(HttpRequest):
    """A request as our middleware leaves it; for annotations only."""

    htmx: HtmxDetails


def wants_part(request: HttpRequest) -> bool:
    """Tell whether htmx will swap the answer into the page it has.

    Boosted links and restored history come with htmx headers too, but replace the
    whole page.
    """
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    part: str,
    status: int = 200,
) -> HttpResponse:
    """Render `template#part` for a swap and the whole template otherwise."""
    name = f"{template}#{part}" if wants_part(request) else template
    response = render(request, name, context, status=status)
    patch_vary_headers(
        response, ("HX-Request", "HX-Boosted", "HX-History-Restore-Request")
    )
    return response

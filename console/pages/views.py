"""The overview and the status page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from console.accounts.acting import person_of
from console.accounts.rules import rule
from console.lib.htmx import render_page
from console.pages import state_of_parts
from console.pages.overview import overview_for


@require_GET
@rule("overview.view")
def overview(request: HttpRequest) -> HttpResponse:
    """One sentence of health, what needs attention, and what changed lately."""
    seen = overview_for(person_of(request), now=timezone.now())
    return render_page(request, "pages/overview.html", {"seen": seen}, part="overview")


@require_GET
@rule("status.view")
def status(request: HttpRequest) -> HttpResponse:
    """Every part Gatehouse is made of, and whether it does its work."""
    parts = state_of_parts.all_parts(now=timezone.now())
    return render_page(request, "pages/status.html", {"parts": parts}, part="parts")

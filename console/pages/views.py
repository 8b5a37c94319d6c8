"""The overview and the status page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from console import vault
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


@require_POST
@rule("status.view")
def verify(request: HttpRequest) -> HttpResponse:
    """Read the whole audit chain again, and keep the result for the status page."""
    try:
        result = state_of_parts.verify_audit(now=timezone.now())
    except vault.Sealed as refusal:
        messages.error(request, refusal.sentence)
        return redirect("pages:status")
    if result.broken_at is None:
        messages.success(request, f"{result.entries:,} audit entries follow in order.")
    else:
        messages.error(request, f"The audit chain is broken at {result.broken_at:,}.")
    return redirect("pages:status")

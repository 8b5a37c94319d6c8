"""Findings across keys: the list, and letting one stay."""

from __future__ import annotations

from datetime import UTC
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from console import vault
from console.accounts.acting import actor_of, person_of
from console.accounts.rules import rule
from console.audit import trail
from console.keys import acceptance, finding_list, findings, inventory
from console.keys.forms.filters import WHOLE_KEY
from console.keys.forms.findings import AcceptForm, filters_of
from console.keys.models import Finding
from console.keys.views.answers import (
    REFUSALS,
    done,
    not_done,
    refuse,
    sent,
    way_back,
)
from console.lib import export
from console.lib.htmx import render_page


@require_GET
@rule("keys.view")
def finding_list_page(request: HttpRequest) -> HttpResponseBase:
    """What is wrong with any key, worst first; the filters rule the files too."""
    teams = inventory.visible_teams(request.user)
    filters = filters_of(request.GET.dict(), teams=teams)
    if WHOLE_KEY.search(request.GET.get("q", "")):
        return HttpResponseRedirect(f"?{urlencode({'q': filters.search})}")
    if format := export.format_of(request.GET.get("format", "")):
        return _export(request, filters, format)

    context = {
        "filters": filters,
        "board": finding_list.board(
            user=request.user, filters=filters, teams=teams, now=timezone.now()
        ),
        "sizes": finding_list.SIZES,
    }
    return render_page(request, "keys/findings.html", context, part="finding-table")


@require_http_methods(["GET", "HEAD", "POST"])
@rule("keys.review")
def finding_accept(request: HttpRequest, finding_id: int) -> HttpResponse:
    """The form that lets a finding stay, with a reason and a last day."""
    finding = _visible_finding(request, finding_id)
    now = timezone.now()
    form = AcceptForm(sent(request), today=now.astimezone(UTC).date())
    if form.is_valid():
        try:
            acceptance.accept(
                finding=finding,
                reason=form.cleaned_data["reason"],
                until=form.ends_at,
                by=person_of(request),
                actor=actor_of(request),
            )
        except REFUSALS as refusal:
            refuse(form, refusal)
        else:
            words = f"Accepted until {form.ends_at:%-d %b %Y}."
            return done(request, words, finding.key)
    (shown,) = findings.shown([finding], user=request.user, now=now)
    key_page = reverse("keys:detail", args=[finding.key_id])
    back = way_back(request, key_page)
    context = {"form": form, "finding": shown, "back": back}
    status = 422 if form.is_bound else 200
    return render(request, "keys/finding_accept.html", context, status=status)


@require_POST
@rule("keys.review")
def finding_reopen(request: HttpRequest, finding_id: int) -> HttpResponse:
    """Let an accepted finding count again."""
    finding = _visible_finding(request, finding_id)
    try:
        acceptance.reopen(finding=finding, actor=actor_of(request))
    except REFUSALS as refusal:
        return not_done(request, refusal)
    return done(request, "The finding is open again.", finding.key)


def _visible_finding(request: HttpRequest, finding_id: int) -> Finding:
    """Return a finding of a key this person may see; any other does not exist."""
    found = Finding.objects.visible_to(request.user)
    return get_object_or_404(
        found.select_related("key__team", "accepted_by"), pk=finding_id
    )


def _export(
    request: HttpRequest, filters: finding_list.Filters, format: export.Format
) -> HttpResponseBase:
    try:
        with transaction.atomic():
            trail.record(
                action="findings.exported",
                actor=actor_of(request),
                object_kind="findings",
                detail={"format": format.value, **filters.in_words()},
            )
    except vault.Sealed as refusal:
        return not_done(request, refusal)
    return export.file_response(
        finding_list.records(user=request.user, filters=filters, now=timezone.now()),
        fields=finding_list.EXPORT_FIELDS,
        format=format,
        name="findings",
    )

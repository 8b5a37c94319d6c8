"""The register of incidents, one incident, and acknowledging it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from console import vault
from console.accounts import proof
from console.accounts.acting import actor_of, person_of
from console.accounts.models import Team
from console.accounts.rules import allows, rule
from console.alerts import acting, refusals, register, story
from console.alerts.forms import AcknowledgeForm
from console.alerts.models import Incident
from console.audit import trail
from console.lib import export
from console.lib.htmx import render_page

SEEN = "Noted that you have seen it: {title}."


@require_GET
@rule("incidents.view")
def incident_list(request: HttpRequest) -> HttpResponseBase:
    """The register of incidents, open ones first; its filters rule the files too."""
    teams = list(Team.objects.visible_to(request.user).order_by("name"))
    filters = register.filters_of(request.GET.dict(), teams=teams)
    if format := export.format_of(request.GET.get("format", "")):
        return _export(request, filters, format)

    context = {
        "register": register.register(
            user=person_of(request), filters=filters, now=timezone.now()
        ),
        "filters": filters,
        "teams": teams,
    }
    return render_page(
        request, "incidents/incident_list.html", context, part="incident-table"
    )


@require_GET
@rule("incidents.view")
def incident_detail(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """One incident: what is wrong, what happened, and who was told."""
    told = story.story(
        incident=_visible_incident(request, incident_id),
        user=person_of(request),
        with_deliveries=allows(request.user, "alerts.view"),
        now=timezone.now(),
    )
    context = {"story": told}
    return render(request, "incidents/incident_detail.html", context)


@require_POST
@rule("incidents.act")
def acknowledge(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """Note that somebody looks after an incident, and go back to the page before."""
    incident = _visible_incident(request, incident_id)
    form = AcknowledgeForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["note"])))
        return _back(request)
    try:
        acting.acknowledge(
            incident=incident,
            note=form.cleaned_data["note"],
            by=person_of(request),
            actor=actor_of(request),
        )
    except (refusals.Refused, vault.Sealed) as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, SEEN.format(title=incident.title))
    return _back(request)


def _visible_incident(request: HttpRequest, incident_id: UUID) -> Incident:
    """Return an incident this person may see; any other does not exist."""
    rows = Incident.objects.visible_to(request.user).select_related(
        "team", "key", "acknowledged_by", "escalated_by"
    )
    return get_object_or_404(rows, pk=incident_id)


def _back(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(proof.page_of(request), status=303)


def _export(
    request: HttpRequest, filters: register.Filters, format: export.Format
) -> HttpResponseBase:
    try:
        with transaction.atomic():
            trail.record(
                action="incidents.exported",
                actor=actor_of(request),
                object_kind="incidents",
                detail={"format": format.value, **filters.in_words()},
            )
    except vault.Sealed as refusal:
        messages.error(request, refusal.sentence)
        return HttpResponseRedirect(reverse("incidents:list"), status=303)
    return export.file_response(
        register.records(user=person_of(request), filters=filters, now=timezone.now()),
        fields=register.EXPORT_FIELDS,
        format=format,
        name="incidents",
    )

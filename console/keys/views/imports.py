"""Importing a table of keys: the form, the preview, and how far it is."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from console import vault
from console.accounts.acting import actor_of, person_of
from console.accounts.rules import rule
from console.audit import trail
from console.keys.forms.imports import ImportForm
from console.keys.importing import jobs, preview, progress
from console.keys.models import ImportJob, RowState
from console.keys.tasks import import_rows
from console.keys.views.answers import not_done
from console.lib import bell, export
from console.lib.htmx import render_page


@sensitive_post_parameters("credential_material")
@require_http_methods(["GET", "HEAD", "POST"])
@rule("keys.change")
def import_new(request: HttpRequest) -> HttpResponse:
    """The form that takes a table of keys in, beside the imports of late."""
    posted = request.method == "POST"
    form = ImportForm(request.POST, request.FILES) if posted else ImportForm()
    user = person_of(request)
    if form.is_valid():
        try:
            job = preview.make_draft(
                form.cleaned_data["rows"],
                host=form.cleaned_data["host"],
                actor=actor_of(request),
                created_by=user,
            )
        except vault.Sealed as refusal:
            form.add_error(None, refusal.sentence)
        else:
            return _to_page(job)
    context = {
        "form": form,
        "past": progress.past(user=user, now=timezone.now()),
        "drafts": progress.drafts(user=user),
    }
    return render(
        request, "keys/import_new.html", context, status=422 if posted else 200
    )


@require_GET
@rule("keys.imports")
def import_job(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """One import: its preview, how far it is, and what came of each row."""
    job = _visible_import(request, job_id)
    if format := export.format_of(request.GET.get("format", "")):
        return _export(request, job, format)
    show = request.GET.get("show", "")
    state = RowState(show) if show in RowState.values else None
    shown = progress.progress(job, now=timezone.now())
    context = {
        "progress": shown,
        "matching": shown.counts.all if state is None else shown.counts.of(state),
        "page": progress.page(job, state=state, cursor=request.GET.get("page", "")),
        "show": state,
        "expires_at": progress.expires_at(job),
    }
    return render_page(request, "keys/import_job.html", context, part="import-live")


@require_POST
@rule("keys.change")
def import_start(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Let workers store the rows of a preview."""
    job = _visible_import(request, job_id)
    try:
        jobs.start(job, actor=actor_of(request))
    except (jobs.NotInThisState, vault.Sealed) as refusal:
        messages.error(request, refusal.sentence)
    else:
        bell.ring(import_rows.name)
    return _to_page(job)


@require_POST
@rule("keys.change")
def import_discard(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Delete a preview with its secrets."""
    job = _visible_import(request, job_id)
    try:
        jobs.discard(job)
    except jobs.NotInThisState as refusal:
        messages.error(request, refusal.sentence)
        return _to_page(job)
    messages.success(request, "The preview and its secrets are destroyed.")
    return HttpResponseRedirect(reverse("keys:import"), status=303)


@require_POST
@rule("keys.change")
def import_cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Leave out the rows that are not stored yet."""
    job = _visible_import(request, job_id)
    try:
        jobs.cancel(job, actor=actor_of(request))
    except (jobs.NotInThisState, vault.Sealed) as refusal:
        messages.error(request, refusal.sentence)
    return _to_page(job)


def _visible_import(request: HttpRequest, job_id: UUID) -> ImportJob:
    found = ImportJob.objects.visible_to(request.user).select_related("created_by")
    return get_object_or_404(found, pk=job_id)


def _to_page(job: ImportJob) -> HttpResponse:
    url = reverse("keys:import_job", args=[job.pk])
    return HttpResponseRedirect(url, status=303)


def _export(
    request: HttpRequest, job: ImportJob, format: export.Format
) -> HttpResponseBase:
    try:
        with transaction.atomic():
            trail.record(
                action="keys.import_exported",
                actor=actor_of(request),
                object_kind="import",
                object_id=str(job.pk),
                detail={"format": format.value},
            )
    except vault.Sealed as refusal:
        return not_done(request, refusal)
    return export.file_response(
        progress.records(job),
        fields=progress.EXPORT_FIELDS,
        format=format,
        name=f"import-{job.created_at:%Y-%m-%d-%H%M}",
    )

"""Single calls: the list, one call, files of them, and what is entered by hand."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from console import vault
from console.accounts.acting import actor_of, person_of
from console.accounts.rules import rule
from console.audit import trail
from console.finance.calls import choices, files, filters, listing, one
from console.finance.calls.forms import AdjustForm
from console.finance.calls.words import entered
from console.lib import export
from console.lib.htmx import render_page
from console.usage import adjusting
from console.usage.models import UsageRecord
from console.usage.zones import zone_of


@require_GET
@rule("usage.view")
def call_list(request: HttpRequest) -> HttpResponseBase:
    """Single calls, newest first, of those this person may see."""
    user, values = person_of(request), request.GET.dict()
    asked = filters.filters_of(values, zone=zone_of(user), now=timezone.now())
    if format := files.format_of(values.get("format", "")):
        return _file(request, asked, format)
    context = {
        "filters": asked,
        "listing": listing.listing(user, asked),
        "choices": choices.choices(user, asked),
        "sizes": filters.SIZES,
    }
    return render_page(request, "finance/calls/list.html", context, part="calls")


@require_GET
@rule("usage.view")
def one_call(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """One call with its proof."""
    user = person_of(request)
    call = one.one_call(user, record_id)
    if call is None:
        raise Http404
    context = {"call": call, "zone": zone_of(user)}
    return render_page(request, "finance/calls/one.html", context, part="call")


@require_http_methods(["GET", "HEAD", "POST"])
@rule("usage.adjust")
def adjust(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """The form that enters what a call of unknown cost came to."""
    record = _record(request, record_id)
    sent = request.POST if request.method == "POST" else None
    form = AdjustForm(sent, ceiling=record.ceiling_ticks)
    try:
        adjusting.refuse_known(record)
        if form.is_valid():
            by, actor = person_of(request), actor_of(request)
            made = adjusting.adjust(record=record, **form.order, by=by, actor=actor)
            said = f"It counts as {entered(made)}, in budgets at once."
            messages.success(request, said)
            return _to(record)
    except adjusting.NotUnknown as refusal:
        messages.error(request, refusal.sentence)
        return _to(record)
    except (adjusting.Refused, vault.Sealed) as refusal:
        form.add_error(None, refusal.sentence)
    entries = adjusting.adjustments_of(record)
    context = {"form": form, "record": record, "made": entries}
    status = 422 if form.is_bound else 200
    return render(request, "finance/calls/adjust.html", context, status=status)


def _record(request: HttpRequest, pk: UUID) -> UsageRecord:
    calls = UsageRecord.objects.visible_to(request.user)
    return get_object_or_404(calls.select_related(*listing.SHOWN), pk=pk)


def _to(record: UsageRecord) -> HttpResponse:
    url = reverse("calls:one", args=[record.pk])
    return HttpResponseRedirect(url, status=303)


def _file(
    request: HttpRequest, asked: filters.Filters, format: files.Format
) -> HttpResponseBase:
    """Note who takes a file, and stream it; with a sealed vault there is none."""
    try:
        with transaction.atomic():
            trail.record(
                action="export.calls",
                actor=actor_of(request),
                object_kind="calls",
                detail={"format": format.value, **asked.in_words()},
            )
    except vault.Sealed as refusal:
        messages.error(request, refusal.sentence)
        return HttpResponseRedirect(request.path, status=303)
    return export.stream(
        request,
        files.lines(person_of(request), asked, format),
        content_type=format.content_type,
        name=format.file,
    )

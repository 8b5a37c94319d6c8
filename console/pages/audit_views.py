"""The audit log: reading it, taking it along, verifying it."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from console import vault
from console.accounts.acting import actor_of, person_of
from console.accounts.models import User
from console.accounts.rules import rule
from console.audit import anchors, selfcheck, trail
from console.keys.forms.filters import WHOLE_KEY
from console.lib import export
from console.lib.htmx import render_page
from console.pages import audit_filters, audit_log, integrity
from console.pages.audit_words import WORDS, title_of
from console.pages.evidence import signing


@require_GET
@rule("audit.view")
def log(request: HttpRequest) -> HttpResponse:
    """The audit log, newest first; staff see what they did themselves."""
    people = audit_log.people_for(person_of(request))
    filters = audit_filters.filters_of(request.GET.dict(), people=people)
    if WHOLE_KEY.search(request.GET.get("q", "")):
        return HttpResponseRedirect(f"?{urlencode({'q': filters.search})}")
    now = timezone.now()
    context = {
        "filters": filters,
        "log": audit_log.log_for(
            person_of(request), filters=filters, now=now, people=people
        ),
        "people": people,
        "actions": sorted((title_of(name), name) for name in WORDS),
        "periods": audit_filters.PERIODS,
        "sizes": audit_filters.SIZES,
        "integrity": integrity.integrity(),
        "signer": signing.fingerprint_or_none(),
        "today": now,
        "yesterday": now - timedelta(days=1),
    }
    return render_page(request, "pages/audit.html", context, part="log")


@require_GET
@rule("audit.export")
def export_log(request: HttpRequest) -> HttpResponseBase:
    """The entries that the filters leave, as a file."""
    filters = audit_filters.filters_of(
        request.GET.dict(), people=User.objects.only("pk")
    )
    format = export.format_of(request.GET.get("format", "")) or export.Format.CSV
    try:
        with transaction.atomic():
            trail.record(
                action="audit.exported",
                actor=actor_of(request),
                object_kind="audit",
                detail={"format": format.value, **filters.in_words()},
            )
    except vault.Sealed as refusal:
        return _back(request, refusal.sentence)
    return export.file_response(
        audit_log.records(person_of(request), filters=filters, now=timezone.now()),
        fields=audit_log.EXPORT_FIELDS,
        format=format,
        name="audit-log",
    )


@require_POST
@rule("audit.verify")
def verify(request: HttpRequest) -> HttpResponse:
    """Read the whole chain beside its anchors; the banner shows what came of it."""
    try:
        result = selfcheck.verify(actor=actor_of(request))
    except (vault.Sealed, selfcheck.Busy) as refusal:
        return _back(request, refusal.sentence)
    except anchors.Unwritable as problem:
        return _back(request, str(problem))
    level = messages.SUCCESS if result.sound else messages.ERROR
    return _back(request, result.sentence, level)


def _back(
    request: HttpRequest, sentence: str, level: int = messages.ERROR
) -> HttpResponse:
    messages.add_message(request, level, sentence)
    return HttpResponseRedirect(reverse("pages:audit"), status=303)

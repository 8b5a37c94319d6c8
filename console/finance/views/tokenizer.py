"""The page of tokenizers: the language tax, and the sentinel that reads it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from console import vault
from console.accounts.acting import actor_of, person_of
from console.accounts.rules import allows, rule
from console.catalog import corpus
from console.finance import language_tax
from console.finance.sentinel import standing, switching
from console.finance.sentinel.forms import KeyForm, filters_of
from console.finance.tasks import watch_tokenizers
from console.finance.views.answers import file_of
from console.lib import bell, export
from console.lib.htmx import render_page


@require_GET
@rule("prices.view")
def tokenizer(request: HttpRequest) -> HttpResponseBase:
    """What the same text comes to in each language, and whether that has changed."""
    filters = filters_of(request.GET)
    found = language_tax.language_tax(user=request.user, filters=filters)
    if format := export.format_of(request.GET.get("format", "")):
        return _export(request, found, format)
    return _page(request, {"tax": found, "filters": filters})


@require_POST
@rule("sentinel.change")
def switch_on(request: HttpRequest) -> HttpResponse:
    """Choose the key that tokenizes; the first one switches the sentinel on."""
    user = person_of(request)
    form = KeyForm(request.POST, user=user, now=timezone.now())
    if form.is_valid():
        key = form.cleaned_data["key"]
        try:
            switching.switch_on(key=key, person=user, actor=actor_of(request))
        except (switching.Refused, vault.Sealed) as refusal:
            form.add_error(None, refusal.sentence)
        else:
            bell.ring(watch_tokenizers.name)
            messages.success(request, f"Tokenizers are read with {key.label} now.")
            return _to_page()
    filters = filters_of(request.GET)
    found = language_tax.language_tax(user=user, filters=filters)
    return _page(request, {"tax": found, "filters": filters, "form": form}, status=422)


@require_POST
@rule("sentinel.change")
def switch_off(request: HttpRequest) -> HttpResponse:
    """Read no tokenizer any more."""
    try:
        switching.switch_off(actor=actor_of(request))
    except (switching.Refused, vault.Sealed) as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "The sentinel is off. What was read stays.")
    return _to_page()


@require_POST
@rule("sentinel.change")
def ask_now(request: HttpRequest) -> HttpResponse:
    """Read all tokenizers now and not only at night."""
    try:
        switching.ask_now(actor=actor_of(request))
    except (switching.Refused, vault.Sealed) as refusal:
        messages.error(request, refusal.sentence)
    else:
        bell.ring(watch_tokenizers.name)
    return _to_page()


def _page(
    request: HttpRequest, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    user, now = person_of(request), timezone.now()
    if allows(user, "sentinel.change"):
        context.setdefault("form", KeyForm(user=user, now=now))
    context |= {
        "standing": standing.standing(user=user, now=now),
        "changes": standing.changes(user=user),
        "texts": corpus.texts(),
        "version": corpus.VERSION,
    }
    part = "tokenizer-live"
    return render_page(
        request, "finance/tokenizer.html", context, part=part, status=status
    )


def _to_page() -> HttpResponse:
    return HttpResponseRedirect(reverse("finance:tokenizer"), status=303)


def _export(
    request: HttpRequest, found: language_tax.LanguageTax, format: export.Format
) -> HttpResponseBase:
    lines = list(language_tax.records(found))
    return file_of(
        request,
        lines,
        fields=language_tax.EXPORT_FIELDS,
        format=format,
        name="tokenizer",
        file="language-tax",
        about={"object_kind": "tokenizer"},
        detail={"lines": len(lines)},
    )

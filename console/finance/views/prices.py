"""The price page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from console.accounts.acting import person_of
from console.accounts.rules import rule
from console.finance import price_list, viewing
from console.finance.forms import SORT_WORDS, LooksForm, filters_of
from console.finance.models import PriceUnit
from console.finance.not_covered import NOT_COVERED
from console.finance.price_list import Filters
from console.finance.price_page import PricePage, price_page
from console.finance.views.answers import back, file_of
from console.lib import export
from console.lib.htmx import render_page, wants_part
from console.polling import schedule

PLAIN = "text/plain; charset=utf-8"
HOW_DAYS = "Ask for a day as on=2026-11-26, or leave it out for the prices of now."


@require_GET
@rule("prices.view")
def prices(request: HttpRequest) -> HttpResponseBase:
    """What each model costs, now or on a day, as this person's teams are told."""
    filters, now = filters_of(request.GET.dict()), timezone.now()
    format = export.format_of(request.GET.get("format", ""))
    if format and filters.no_day:
        sentence = f"{filters.no_day}, so there is no file of its prices. {HOW_DAYS}"
        return HttpResponseBadRequest(sentence, content_type=PLAIN)
    page = price_page(user=person_of(request), filters=filters, now=now)
    if format:
        return _file(request, page, filters, format, now)
    context = {
        "page": page,
        "back": request.get_full_path(),
        "filters": filters,
        "next_look_at": schedule.next_lists_at(request.user),
        **_around(request, page, filters),
    }
    return render_page(request, "finance/prices.html", context, part="price-table")


@require_POST
@rule("prices.view")
def view(request: HttpRequest) -> HttpResponse:
    """Keep the unit and the mix of this person, and go back to the list."""
    form, user = LooksForm(request.POST), person_of(request)
    if form.is_valid():
        viewing.keep(user=user, **form.cleaned_data)
        return back(request, "finance:prices")
    if wants_part(request) and "mix" in form.errors:
        context = {"looks_form": form, "mix": viewing.looks_of(user).mix}
        answer = render(request, "finance/_mix.html", context, status=422)
        answer["HX-Retarget"], answer["HX-Reswap"] = "#mix-field", "outerHTML"
        return answer
    for error in form.errors.values():
        messages.error(request, str(error[0]))
    return back(request, "finance:prices")


def _around(request: HttpRequest, page: PricePage, filters: Filters) -> dict[str, Any]:
    """Return what the page offers, and what goes with a part of it."""
    return {
        "sorts": SORT_WORDS,
        "sort": f"{'-' if filters.backwards else ''}{filters.sort}",
        "part": wants_part(request),
        "looks_sent": request.headers.get("HX-Trigger") == "looks",
        "looks_form": LooksForm(initial={"mix": page.looks.mix}),
        "units": PriceUnit,
        "mixes": viewing.MIXES,
        "page_tokens": viewing.PAGE,
        "not_covered": NOT_COVERED,
    }


def _file(
    request: HttpRequest,
    page: PricePage,
    filters: Filters,
    format: export.Format,
    now: datetime,
) -> HttpResponseBase:
    lines = price_list.records(page.prices, filters=filters, looks=page.looks, now=now)
    day = filters.on or timezone.localdate(now)
    return file_of(
        request, lines, fields=price_list.EXPORT_FIELDS, format=format,
        name="prices", file=f"prices-{day.isoformat()}",
        detail={"lines": len(page.prices.rows)},
    )  # fmt: skip

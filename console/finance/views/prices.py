"""The price page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from console.accounts.acting import person_of
from console.accounts.rules import rule
from console.finance import price_list, viewing
from console.finance.forms import LooksForm, filters_of
from console.finance.models import PriceUnit
from console.finance.not_covered import NOT_COVERED
from console.finance.price_page import price_page
from console.finance.views.answers import back, file_of
from console.lib import export
from console.lib.htmx import render_page


@require_GET
@rule("prices.view")
def prices(request: HttpRequest) -> HttpResponseBase:
    """What each model costs, now or on a day, as this person's teams are told."""
    filters = filters_of(request.GET.dict())
    page = price_page(user=person_of(request), filters=filters, now=timezone.now())
    if format := export.format_of(request.GET.get("format", "")):
        lines = price_list.records(page.prices, filters=filters, looks=page.looks)
        return file_of(
            request, lines, fields=price_list.EXPORT_FIELDS, format=format,
            name="prices", detail={"lines": len(page.prices.rows)},
        )  # fmt: skip
    context = {
        "page": page,
        "back": request.get_full_path(),
        "filters": filters,
        "units": PriceUnit,
        "mixes": viewing.MIXES,
        "page_tokens": viewing.PAGE,
        "not_covered": NOT_COVERED,
    }
    return render_page(request, "finance/prices.html", context, part="price-table")


@require_POST
@rule("prices.view")
def view(request: HttpRequest) -> HttpResponse:
    """Keep the unit and the mix of this person, and go back to the list."""
    form = LooksForm(request.POST)
    if form.is_valid():
        viewing.keep(user=person_of(request), **form.cleaned_data)
    else:
        for error in form.errors.values():
            messages.error(request, str(error[0]))
    return back(request, "finance:prices")

"""The price-feed referee: a price file of another tool beside xAI's prices."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from console import vault
from console.accounts.acting import actor_of, person_of
from console.accounts.rules import rule
from console.audit import trail
from console.finance.referee import board, files
from console.finance.referee.formats import BadFile
from console.finance.referee.forms import PriceFileForm
from console.lib import export
from console.lib.htmx import render_page

NOTHING_TO_CORRECT = (
    "There is nothing to correct: no entry of a price file is a model that xAI tells "
    "your teams the price of. Upload a file first, or look what is said of its entries."
)


@require_http_methods(["GET", "HEAD", "POST"])
@rule("prices.view")
def referee(request: HttpRequest) -> HttpResponseBase:
    """A price file held against xAI's prices; POST takes another file in."""
    user, posted = person_of(request), request.method == "POST"
    form = PriceFileForm(request.POST, request.FILES) if posted else PriceFileForm()
    if posted and _keep(request, form):
        return _to_page()

    filters = board.filters_of(request.GET.dict())
    found = board.board(user=user, filters=filters)
    if format := export.format_of(request.GET.get("format", "")):
        return _export(request, found, format)

    context = {"form": form, "filters": filters, "board": found}
    status = 422 if posted else 200
    return render_page(
        request, "finance/referee.html", context, part="referee-table", status=status
    )


@require_POST
@rule("prices.view")
def referee_delete(request: HttpRequest) -> HttpResponse:
    """Delete the file this person uploaded."""
    if files.forget(person_of(request)):
        messages.success(request, "Your price file is deleted.")
    return _to_page()


@require_GET
@rule("prices.view")
def referee_corrected(request: HttpRequest) -> HttpResponse:
    """The file's entries of xAI with xAI's prices, as an override."""
    filters = board.filters_of(request.GET.dict())
    found = board.board(user=person_of(request), filters=filters)
    made, feed = found.correction, found.choice.feed if found.choice else None
    if made is None or feed is None or not made.entries:
        messages.error(request, NOTHING_TO_CORRECT)
        return _to_page()
    detail = {"shape": feed.shape.value, "entries": made.entries}
    if refused := _recorded(request, "export.override", detail):
        return refused
    name = f"xai-override-{feed.shape.value.replace('.', '-')}.json"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return HttpResponse(made.text, content_type="application/json", headers=headers)


def _keep(request: HttpRequest, form: PriceFileForm) -> bool:
    """Store the file that was sent; otherwise the form says what is wrong with it."""
    if not form.is_valid():
        return False
    file: UploadedFile[bytes] = form.cleaned_data["price_file"]
    data = file.read()
    try:
        kept = files.keep(person=person_of(request), name=file.name or "", data=data)
    except BadFile as problem:
        form.add_error("price_file", str(problem))
        return False
    messages.success(request, f"{kept.name} is compared with xAI's prices.")
    return True


def _export(
    request: HttpRequest, found: board.Board, format: export.Format
) -> HttpResponseBase:
    detail = {"format": format.value, "lines": len(found.rows)}
    if refused := _recorded(request, "export.referee", detail):
        return refused
    return export.file_response(
        board.records(found),
        fields=board.EXPORT_FIELDS,
        format=format,
        name="price-referee",
    )


def _recorded(
    request: HttpRequest, action: str, detail: Mapping[str, object]
) -> HttpResponse | None:
    """Leave an entry of an export; return the way back where that is impossible."""
    try:
        with transaction.atomic():
            trail.record(
                action=action,
                actor=actor_of(request),
                object_kind="price_file",
                detail=detail,
            )
    except vault.Sealed as refusal:
        messages.error(request, refusal.sentence)
        return _to_page()
    return None


def _to_page() -> HttpResponse:
    return HttpResponseRedirect(reverse("finance:referee"), status=303)

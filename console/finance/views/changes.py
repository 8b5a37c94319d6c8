"""The feed of price and model changes, and what people say of them."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET, require_POST

from console import vault
from console.accounts.acting import actor_of, person_of
from console.accounts.rules import rule
from console.audit.actors import Actor
from console.catalog.models import CatalogChange, LanguageModel, PriceVersion
from console.finance import confirming
from console.finance.changes import feed as changes_feed
from console.finance.changes import reviewing
from console.finance.changes.forms import TakeBackForm
from console.finance.forms import ConfirmForm, ReviewForm
from console.finance.models import FeedToken
from console.finance.views.answers import back, file_of
from console.lib import export
from console.lib.htmx import render_page


@require_GET
@rule("prices.view")
def changes(request: HttpRequest) -> HttpResponseBase:
    """What changed in prices and models, newest first; its filters rule the files."""
    user, filters = person_of(request), changes_feed.filters_of(request.GET.dict())
    if format := export.format_of(request.GET.get("format", "")):
        return file_of(
            request, changes_feed.records(user=user, filters=filters),
            fields=changes_feed.EXPORT_FIELDS, format=format, name="price_changes",
            detail=dict(filters.in_words()),
        )  # fmt: skip
    context = {
        "feed": changes_feed.feed(user=user, filters=filters),
        "filters": filters,
        "back": request.get_full_path(),
        "last_review": reviewing.last_together(user),
        "model": _model(request, filters.model),
        "token": FeedToken.objects.filter(person=user).first(),
    }
    return render_page(request, "finance/changes.html", context, part="change-feed")


@require_POST
@rule("prices.review")
def review_all(request: HttpRequest) -> HttpResponse:
    """Mark the changes that the page showed as reviewed by this person.

    All of them, or those that its filters left.
    """
    form = ReviewForm(request.POST)
    up_to = form.cleaned_data["up_to"] if form.is_valid() else None
    if up_to is None:
        messages.error(request, "Nothing was marked. Open the page again and retry.")
        return back(request, "finance:changes")
    note, filters = form.cleaned_data["note"], changes_feed.filters_of(request.POST)
    return _done(
        request,
        lambda by: changes_feed.review(
            user=person_of(request), filters=filters, up_to=up_to, note=note, actor=by
        ),
        "Marked as reviewed: {:,} change{}.",
    )


@require_POST
@rule("prices.review")
def take_back_together(request: HttpRequest) -> HttpResponse:
    """Make new again what this person marked together."""
    form = TakeBackForm(request.POST)
    if not form.is_valid():
        messages.error(
            request, "Nothing was taken back. Open the page again and retry."
        )
        return back(request, "finance:changes")
    at = form.cleaned_data["reviewed_at"]
    return _done(
        request,
        lambda by: reviewing.take_back_together(
            user=person_of(request), reviewed_at=at, actor=by
        ),
        "The changes are new again.",
    )


@require_POST
@rule("prices.review")
def review_one(request: HttpRequest, catalog_change_id: UUID) -> HttpResponse:
    """Mark one change as reviewed by this person, or renew the note at it."""
    form, found = ReviewForm(request.POST), _visible(request, catalog_change_id)
    if not form.is_valid():
        messages.error(
            request, "Nothing was marked. A note has at most 500 characters."
        )
        return back(request, "finance:changes")
    note = form.cleaned_data["note"]
    return _done(
        request,
        lambda by: reviewing.review_one(
            user=person_of(request), change=found, note=note, actor=by
        ),
        "The change is marked as reviewed.",
    )


@require_POST
@rule("prices.review")
def take_back(request: HttpRequest, catalog_change_id: UUID) -> HttpResponse:
    """Make one change new to this person again."""
    found = _visible(request, catalog_change_id)
    return _done(
        request,
        lambda by: reviewing.take_back(user=person_of(request), change=found, actor=by),
        "The change is new again.",
    )


@require_POST
@rule("prices.confirm")
def confirm(request: HttpRequest, model: UUID) -> HttpResponse:
    """Let costs be computed with an odd price that the model has now."""
    form, found = ConfirmForm(request.POST), _model(request, model)
    if found is None:
        raise Http404
    if not form.is_valid():
        messages.error(request, "Nothing was confirmed. Open the page again and retry.")
        return back(request, "finance:changes")
    digest = form.cleaned_data["digest"]
    return _done(
        request,
        lambda by: confirming.confirm(
            model=found, digest=digest, user=person_of(request), actor=by
        ),
        "Costs are computed with this price from now on, for {:,} team{}.",
    )


def _model(request: HttpRequest, asked: UUID | None) -> LanguageModel | None:
    """Return the model that the address names, if teams of the viewer were told it."""
    if asked is None:
        return None
    told = PriceVersion.objects.visible_to(request.user).filter(model=asked)
    return LanguageModel.objects.filter(pk=asked, pk__in=told.values("model")).first()


def _visible(request: HttpRequest, change: UUID) -> CatalogChange:
    return get_object_or_404(CatalogChange.objects.visible_to(request.user), pk=change)


def _done(
    request: HttpRequest, act: Callable[[Actor], int], words: str
) -> HttpResponse:
    """Act, say what came of it, and go back."""
    try:
        number = act(actor_of(request))
    except vault.Sealed as refusal:
        messages.error(request, refusal.sentence)
    else:
        plural = "" if number == 1 else "s"
        said = words.format(number, plural) if number else "That was done before."
        messages.success(request, said)
    return back(request, "finance:changes")

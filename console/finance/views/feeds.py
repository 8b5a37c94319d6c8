"""The Atom feed, and the personal address that opens it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import http_date
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from console import vault
from console.accounts.acting import actor_of, person_of
from console.accounts.rules import rule
from console.finance.changes import atom, tokens


@require_GET
@rule("public")
def feed(request: HttpRequest, feed_token: str) -> HttpResponse:
    """The newest changes as Atom, as the person of the token may see them."""
    user = tokens.person_with(feed_token)
    if user is None:
        raise Http404
    document, updated = atom.atom_of(
        user=user,
        page=settings.SITE_URL + reverse("finance:changes"),
        address=settings.SITE_URL + request.path,
        model_page=lambda pk: settings.SITE_URL + reverse("finance:model", args=[pk]),
    )
    answer = HttpResponse(document, content_type="application/atom+xml; charset=utf-8")
    if updated:
        answer.headers["Last-Modified"] = http_date(updated.timestamp())
    patch_cache_control(answer, private=True, max_age=60)
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@rule("prices.view")
def make(request: HttpRequest) -> HttpResponse:
    """Make a new address of the feed and show it, this one time.

    Who comes again, by a reload or a bookmark, comes to the changes.
    """
    if request.method != "POST":
        return HttpResponseRedirect(reverse("finance:changes"))
    try:
        token = tokens.make(user=person_of(request), actor=actor_of(request))
    except vault.Sealed as refusal:
        messages.error(request, refusal.sentence)
        return HttpResponseRedirect(reverse("finance:changes"), status=303)
    address = settings.SITE_URL + reverse("finance:feed", args=[token])
    answer = render(request, "finance/feed_made.html", {"address": address})
    answer.headers["Cache-Control"] = "no-store"
    return answer


@require_POST
@rule("prices.view")
def drop(request: HttpRequest) -> HttpResponse:
    """Let the address of the feed open nothing any more."""
    try:
        dropped = tokens.drop(user=person_of(request), actor=actor_of(request))
    except vault.Sealed as refusal:
        messages.error(request, refusal.sentence)
    else:
        said = "The address opens nothing any more." if dropped else "There was none."
        messages.success(request, said)
    return HttpResponseRedirect(reverse("finance:changes"), status=303)

"""Snapshots for colleagues: making, listing, revoking and reading them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
)

from console.accounts.acting import actor_of
from console.accounts.rules import rule
from console.lib.htmx import ConsoleRequest
from console.playground.conversations import files, retention, sharing, storing
from console.playground.conversations.answers import page_of, with_open_vault
from console.playground.conversations.forms import ShareForm
from console.playground.models import Conversation, Share


@require_http_methods(["GET", "HEAD", "POST"])
@rule("playground.use")
@with_open_vault
def share(request: ConsoleRequest, conversation_id: UUID) -> HttpResponse:
    """Ask for how long to share one of the person's conversations; a POST does."""
    own = Conversation.objects.visible_to(request.user)
    conversation = get_object_or_404(own, pk=conversation_id)
    form = ShareForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        days = form.cleaned_data["days"]
        sharing.share(conversation, days=days, actor=actor_of(request))
        messages.success(request, "The snapshot has a link now. Copy it from the list.")
        return HttpResponseRedirect(reverse("playground:shares"), status=303)
    title = storing.open_title(conversation)
    context = {"form": form, "title": title, "page": page_of(conversation)}
    context |= {"id": conversation.pk, "days": sharing.days_to_choose()}
    context["kept_for"] = retention.in_words()
    status = 422 if form.is_bound else 200
    return render(request, "playground/history/share.html", context, status=status)


@require_GET
@rule("playground.use")
@with_open_vault
def share_list(request: ConsoleRequest) -> HttpResponse:
    """What the person shares, and shared in the last weeks."""
    context = {"shares": sharing.shares_of(request.user)}
    return render(request, "playground/history/shares.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@rule("playground.use")
@with_open_vault
def revoke(request: ConsoleRequest, share_id: UUID) -> HttpResponse:
    """Ask whether to close the link of one of the person's snapshots; a POST does."""
    shares = Share.objects.visible_to(request.user).select_related("owner")
    own = get_object_or_404(shares, pk=share_id)
    if request.method != "POST" and sharing.is_open(own):
        context = {"share": sharing.line_of(own)}
        return render(request, "playground/history/revoke.html", context)
    if request.method == "POST" and sharing.revoke(own, actor=actor_of(request)):
        messages.success(request, "The link does not work any more.")
    return HttpResponseRedirect(reverse("playground:shares"), status=303)


@require_GET
@rule("playground.use")
@with_open_vault
def shared(request: ConsoleRequest, snapshot_token: str) -> HttpResponse:
    """A colleague's conversation as it was when they shared it."""
    found = sharing.opened_by(snapshot_token)
    if found is None:
        raise Http404
    context = {"share": found, "is_open": sharing.is_open(found)}
    if context["is_open"]:
        snapshot = sharing.snapshot_of(found)
        context |= {"snapshot": snapshot, "rows": files.shown_rows(snapshot)}
    status = 200 if context["is_open"] else 410
    return render(request, "playground/history/shared.html", context, status=status)

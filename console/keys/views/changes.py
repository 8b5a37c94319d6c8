"""The feed of changes, and what people say of those made outside Gatehouse."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from console import vault
from console.accounts.acting import actor_of, person_of
from console.accounts.rules import rule
from console.audit import trail
from console.keys import feed, inventory, reviewing, xai_users
from console.keys.forms.changes import (
    FIELDS,
    ReviewForm,
    XaiUserForm,
    change_filters_of,
)
from console.keys.models import ApiKey, KeyChange, XaiUser
from console.keys.views.answers import REFUSALS, not_done, sent, way_back
from console.keys.wording import field_in_words
from console.lib import export
from console.lib.htmx import render_page


@require_GET
@rule("keys.view")
def changes(request: HttpRequest) -> HttpResponseBase:
    """The feed of changes, newest look first; its filters rule the files too."""
    teams = inventory.visible_teams(request.user)
    filters = change_filters_of(request.GET.dict(), teams=teams)
    if format := export.format_of(request.GET.get("format", "")):
        return _export(request, filters, format)

    keys = ApiKey.objects.visible_to(request.user)
    context = {
        "feed": feed.feed(user=request.user, filters=filters, teams=teams),
        "filters": filters,
        "teams": teams,
        "fields": [(name, field_in_words(name)) for name in FIELDS],
        "key": keys.filter(pk=filters.key).first() if filters.key else None,
    }
    return render_page(request, "keys/changes.html", context, part="change-feed")


@require_http_methods(["GET", "HEAD", "POST"])
@rule("keys.review")
def change_confirm(request: HttpRequest, change_id: int) -> HttpResponse:
    """The form that says a change was meant to be."""
    return _review(request, change_id, reviewing.confirm)


@require_http_methods(["GET", "HEAD", "POST"])
@rule("keys.review")
def change_escalate(request: HttpRequest, change_id: int) -> HttpResponse:
    """The form that says nobody can explain a change."""
    return _review(request, change_id, reviewing.escalate)


@require_POST
@rule("keys.review")
def change_reopen(request: HttpRequest, change_id: int) -> HttpResponse:
    """Take back what was said of a change."""
    change = _visible_change(request, change_id)
    try:
        reviewing.reopen(change=change, actor=actor_of(request), by=person_of(request))
    except REFUSALS as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, f"The change at {change.key} waits for review again.")
    return _back(request, change)


@require_http_methods(["GET", "HEAD", "POST"])
@rule("keys.review")
def change_person(request: HttpRequest, change_id: int) -> HttpResponse:
    """The form that says who the user is whom xAI names for a change."""
    change = _visible_change(request, change_id, modified_by__gt="")
    known = XaiUser.objects.filter(pk=change.modified_by).first()
    form = XaiUserForm(sent(request), known=known)
    if form.is_valid():
        try:
            user = xai_users.link(
                xai_id=change.modified_by,
                actor=actor_of(request),
                **form.cleaned_data,
            )
        except REFUSALS as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, f"xAI's user is known as {user.name} now.")
            return _back(request, change)
    return _show(request, "keys/change_person.html", form, change, known=known)


@require_POST
@rule("keys.review")
def change_person_forget(request: HttpRequest, change_id: int) -> HttpResponse:
    """Forget who the user is whom xAI names for a change."""
    change = _visible_change(request, change_id, modified_by__gt="")
    try:
        xai_users.unlink(xai_id=change.modified_by, actor=actor_of(request))
    except REFUSALS as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "Nobody is linked to this user of xAI's any more.")
    return _back(request, change)


def _review(
    request: HttpRequest, change_id: int, act: Callable[..., reviewing.Reviewed]
) -> HttpResponse:
    change = _visible_change(request, change_id)
    escalates = act is reviewing.escalate
    form = ReviewForm(sent(request), must_say=escalates)
    if form.is_valid():
        try:
            reviewed = act(
                change=change,
                actor=actor_of(request),
                by=person_of(request),
                **form.cleaned_data,
            )
        except REFUSALS as refusal:
            form.add_error(None, refusal.sentence)
        else:
            text = f"The change at {change.key} is {reviewed.review.label}."
            messages.success(request, text)
            return _back(request, change)
    return _show(request, "keys/change_review.html", form, change, escalates=escalates)


def _visible_change(request: HttpRequest, change_id: int, **also: object) -> KeyChange:
    """Return a change this person may see; any other does not exist."""
    changes = KeyChange.objects.visible_to(request.user).select_related("key")
    return get_object_or_404(changes, pk=change_id, **also)


def _show(
    request: HttpRequest,
    template: str,
    form: forms.Form,
    change: KeyChange,
    **also: object,
) -> HttpResponse:
    """Show a form below the look it speaks of; 422 says it was sent and refused."""
    (row,) = feed.read([change])
    context = {
        "form": form,
        "change": change,
        "row": row,
        "back": _way(request, change),
    }
    status = 422 if form.is_bound else 200
    return render(request, template, {**context, **also}, status=status)


def _way(request: HttpRequest, change: KeyChange) -> str:
    """Return the page to go back to: the one named, if it is ours, or the key's."""
    return way_back(request, reverse("keys:detail", args=[change.key_id]))


def _back(request: HttpRequest, change: KeyChange) -> HttpResponse:
    return HttpResponseRedirect(_way(request, change), status=303)


def _export(
    request: HttpRequest, filters: feed.Filters, format: export.Format
) -> HttpResponseBase:
    try:
        with transaction.atomic():
            trail.record(
                action="changes.exported",
                actor=actor_of(request),
                object_kind="changes",
                detail={"format": format.value, **filters.in_words()},
            )
    except vault.Sealed as refusal:
        return not_done(request, refusal)
    teams = inventory.visible_teams(request.user)
    return export.file_response(
        feed.records(user=request.user, filters=filters, teams=teams),
        fields=feed.EXPORT_FIELDS,
        format=format,
        name="changes",
    )

"""Asking for a poll now."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from console import vault
from console.accounts.acting import actor_of
from console.accounts.rules import rule
from console.audit import trail
from console.keys.models import ApiKey
from console.keys.selection import Selection
from console.keys.views.answers import REFUSALS, not_done, to_list
from console.keys.views.picking import list_of, picked
from console.lib.htmx import render_page, wants_part
from console.polling import schedule, tasks

ASKED = "xAI is being asked about {label}; the answer shows in some seconds."
UNWATCHED = "{label} is not watched, so it is not asked. Resume watching first."
TOO_SOON = "{label} was asked for less than a minute ago; try again in a minute."


@require_POST
@rule("keys.check")
def check_now(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Make one key due at once and go back to where the button was."""
    api_key = get_object_or_404(ApiKey.objects.visible_to(request.user), pk=key_id)

    try:
        status, sentence = _ask(request, api_key)
    except vault.Sealed as refusal:
        status, sentence = HTTPStatus.SERVICE_UNAVAILABLE, refusal.sentence
    asked = status == HTTPStatus.OK
    text = sentence.format(label=api_key.label)
    if wants_part(request):
        context = {"text": text, "asked": asked}
        return render(request, "polling/_asked.html", context, status=status)
    messages.add_message(request, messages.INFO if asked else messages.WARNING, text)
    return _to(request, reverse("keys:detail", args=[api_key.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@rule("keys.check")
def check_picked(request: HttpRequest) -> HttpResponse:
    """Says how many of the picked keys will be asked, and asks when sent."""
    listed = list_of(request)
    try:
        selection = picked(request)
        if request.method == "POST":
            asked = _ask_these(request, [k for k in selection.keys if k.watched])
            messages.success(request, _asked_words(asked, selection))
            return to_list(request, listed)
    except REFUSALS as refusal:
        return not_done(request, refusal, listed)
    context = {"selection": selection, "back": listed.query}
    return render_page(request, "polling/check_picked.html", context, part="asked")


@require_POST
@rule("keys.check")
def look_now(request: HttpRequest) -> HttpResponse:
    """Ask xAI for its models and prices, with all watched keys that one may check."""
    keys = ApiKey.objects.visible_to(request.user)
    try:
        with transaction.atomic():
            if number := schedule.ask_for_lists(keys):
                trail.record(
                    action="prices.asked_by_hand",
                    actor=actor_of(request),
                    object_kind="prices",
                    detail={"keys": number},
                )
    except vault.Sealed as refusal:
        messages.error(request, refusal.sentence)
        return _to(request, reverse("finance:prices"))
    if number:
        tasks.ring_bell()
    level = messages.SUCCESS if number else messages.WARNING
    messages.add_message(request, level, _looked_words(number))
    return _to(request, reverse("finance:prices"))


def _looked_words(number: int) -> str:
    if not number:
        return (
            "Nothing was asked: no key is watched, or each was asked for less than a "
            "minute ago."
        )
    keys = "1 key" if number == 1 else f"{number:,} keys"
    return f"xAI is being asked for its prices with {keys}; they show as they come in."


def _asked_words(asked: int, selection: Selection) -> str:
    """Say how many are asked, and why others are not."""
    told = f"xAI is being asked about {asked:,} of {selection.number:,} keys."
    unwatched = selection.number - selection.watched
    if soon := selection.watched - asked:
        told += f" {soon:,} {_be('was', soon)} asked for less than a minute ago."
    if unwatched:
        told += f" {unwatched:,} {_be('is', unwatched)} not watched."
    return told


def _be(one: str, number: int) -> str:
    return one if number == 1 else {"was": "were", "is": "are"}[one]


def _ask(request: HttpRequest, api_key: ApiKey) -> tuple[HTTPStatus, str]:
    """Make the key due, or say why not. Raises vault.Sealed."""
    if not api_key.watched:
        return HTTPStatus.CONFLICT, UNWATCHED
    if not _ask_these(request, [api_key]):
        return HTTPStatus.TOO_MANY_REQUESTS, TOO_SOON
    return HTTPStatus.OK, ASKED


def _ask_these(request: HttpRequest, api_keys: Sequence[ApiKey]) -> int:
    """Make keys due, with audit entries; return how many are. Raises vault.Sealed."""
    with transaction.atomic():
        asked = schedule.ask_these(api_keys)
        acts = [
            trail.Act(
                action="key.checked_by_hand",
                object_kind="key",
                object_id=str(api_key.pk),
                object_name=api_key.label,
                team_id=api_key.team_id,
            )
            for api_key in asked
        ]
        trail.record_all(acts, actor=actor_of(request))
    if asked:
        tasks.ring_bell()
    return len(asked)


def _to(request: HttpRequest, otherwise: str) -> HttpResponse:
    """Go back to the page with the button, if it is one of ours."""
    response = redirect(_back(request, otherwise))
    response.status_code = 303
    return response


def _back(request: HttpRequest, otherwise: str) -> str:
    page = request.headers.get("Referer", "")
    hosts = {request.get_host()}
    if url_has_allowed_host_and_scheme(page, hosts, require_https=request.is_secure()):
        return page
    return otherwise

"""Asking for a poll now."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from console import vault
from console.accounts.acting import actor_of
from console.accounts.rules import rule
from console.audit import trail
from console.keys.models import ApiKey
from console.lib.htmx import wants_part
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
    response = redirect(_back(request, api_key))
    response.status_code = 303
    return response


def _ask(request: HttpRequest, api_key: ApiKey) -> tuple[HTTPStatus, str]:
    """Make the key due, or say why not. Raises vault.Sealed."""
    if not api_key.watched:
        return HTTPStatus.CONFLICT, UNWATCHED
    with transaction.atomic():
        if not schedule.ask_now(api_key):
            return HTTPStatus.TOO_MANY_REQUESTS, TOO_SOON
        trail.record(
            action="key.checked_by_hand",
            actor=actor_of(request),
            object_kind="key",
            object_id=str(api_key.pk),
            object_name=api_key.label,
            team_id=api_key.team_id,
        )
    tasks.ring_bell()
    return HTTPStatus.OK, ASKED


def _back(request: HttpRequest, api_key: ApiKey) -> str:
    """Return the page with the button, if it is one of ours."""
    page = request.headers.get("Referer", "")
    hosts = {request.get_host()}
    if url_has_allowed_host_and_scheme(page, hosts, require_https=request.is_secure()):
        return page
    return reverse("keys:detail", args=[api_key.pk])

"""The tabs of the playground, and stopping an answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from console.accounts.acting import person_of
from console.accounts.rules import rule
from console.lib.htmx import ConsoleRequest
from console.playground.conversations import keeping, retention
from console.playground.conversations.answers import page_of, with_open_vault
from console.playground.conversations.reading import ShownConversation, shown
from console.playground.forms import (
    MOST_CHOICES,
    MOST_MODELS,
    MOST_STOPS,
    MOST_TOKENS,
    USUAL_TOKENS,
)
from console.playground.models import Conversation
from console.relay.picker import ModelChoice, choices, why_nothing
from console.relay.pump import in_flight
from console.usage.models import Endpoint, RecordState, UsageRecord

NO_CONVERSATION = UUID(int=0)  # the page puts the true one in its place


@require_GET
@rule("playground.use")
def front(request: ConsoleRequest) -> HttpResponse:
    """The address of the playground itself leads to the chat."""
    return redirect("playground:chat")


@require_GET
@rule("playground.use")
def chat(request: ConsoleRequest) -> HttpResponse:
    """A conversation with a model, through /v1/chat/completions."""
    return _conversation(request, Endpoint.CHAT)


@require_GET
@rule("playground.use")
def messages(request: ConsoleRequest) -> HttpResponse:
    """A conversation with a model, through /v1/messages."""
    return _conversation(request, Endpoint.MESSAGES)


@require_GET
@rule("playground.use")
@with_open_vault
def chat_kept(request: ConsoleRequest, conversation_id: UUID) -> HttpResponse:
    """One's own conversation through /v1/chat/completions, to read and go on with."""
    return _kept(request, conversation_id, Endpoint.CHAT)


@require_GET
@rule("playground.use")
@with_open_vault
def messages_kept(request: ConsoleRequest, conversation_id: UUID) -> HttpResponse:
    """One's own conversation through /v1/messages, to read and go on with."""
    return _kept(request, conversation_id, Endpoint.MESSAGES)


@require_GET
@rule("playground.use")
def tokenize(request: ConsoleRequest) -> HttpResponse:
    """A text, cut into tokens by the tokenizers of up to four models."""
    found = choices(person_of(request), Endpoint.TOKENIZE)
    context = _models(request, found)
    asked = request.GET.getlist("model")
    picked = [one for one in context["usable"] if one.model_id in asked]
    context["picked"] = picked[:MOST_MODELS] or [
        one for one in [context["chosen"]] if one
    ]
    context["most_models"] = MOST_MODELS
    return render(request, "playground/tokenize.html", context)


@require_POST
@rule("playground.use")
def stop(request: ConsoleRequest, record_id: UUID) -> HttpResponse:
    """Close the upstream of an answer of one's own that is still coming."""
    own = UsageRecord.objects.filter(consumer__person=person_of(request))
    record = get_object_or_404(own, pk=record_id)
    running = in_flight(record.id)
    if running:
        running.stop()
    elif record.state == RecordState.OPEN and not keeping.ask_to_stop(record):
        # Read by another process, and not kept: leaving the page ends it in seconds.
        return HttpResponse("Close the page to stop this answer.", status=409)
    return HttpResponse(status=204)


def _kept(
    request: ConsoleRequest, conversation_id: UUID, endpoint: Endpoint
) -> HttpResponse:
    own = Conversation.objects.visible_to(request.user)
    found = get_object_or_404(own, pk=conversation_id)
    if found.endpoint != endpoint:
        return redirect(page_of(found))
    wanted = request.GET.get("model", found.model)
    return _conversation(request, endpoint, kept=shown(found), wanted=wanted)


def _conversation(
    request: ConsoleRequest,
    endpoint: Endpoint,
    *,
    kept: ShownConversation | None = None,
    wanted: str | None = None,
) -> HttpResponse:
    found = choices(person_of(request), endpoint)
    context = _models(request, found, wanted) | {
        "endpoint": endpoint,
        "is_chat": endpoint == Endpoint.CHAT,
        "usual_tokens": USUAL_TOKENS,
        "most_tokens": MOST_TOKENS,
        "kept": kept,
        "kept_for": retention.in_words(),
        "new_url": reverse(f"playground:{endpoint}"),
        "page_url": reverse(f"playground:{endpoint}_kept", args=[NO_CONVERSATION]),
        "most_choices": MOST_CHOICES,
        "most_stops": MOST_STOPS,
    }
    return render(request, "playground/chat.html", context)


def _newness(choice: ModelChoice) -> float:
    return choice.created_at.timestamp() if choice.created_at else 0.0


def _models(
    request: ConsoleRequest, found: list[ModelChoice], wanted: str | None = None
) -> dict[str, Any]:
    """Return what the picker shows; `?model=` chooses, if it may be used."""
    usable = [choice for choice in found if choice.allowed]
    others = [choice for choice in found if not choice.allowed]
    wanted = request.GET.get("model", "") if wanted is None else wanted
    chosen = next((one for one in usable if one.model_id == wanted), None)
    return {
        "usable": usable,
        "others": others,
        "chosen": chosen or max(usable, key=_newness, default=None),
        "blocked": None if found else why_nothing(person_of(request)),
    }

"""The inspector of a kept answer, on demand."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from console.accounts.rules import rule
from console.lib.htmx import ConsoleRequest
from console.playground.conversations import contents, storing, traces
from console.playground.conversations.answers import with_open_vault
from console.playground.inspect.showing import inspector
from console.playground.models import Conversation, TurnState

COMING = "This answer is not kept yet. Try again in a moment."


@require_GET
@rule("playground.use")
@with_open_vault
def inspect(request: ConsoleRequest, turn_id: UUID) -> HttpResponse:
    """What there is to inspect of an answer of one's own, as a part of its page."""
    own = Conversation.objects.visible_to(request.user)
    answers = storing.answers().filter(conversation__in=own)
    turn = get_object_or_404(answers.defer(None), pk=turn_id)
    if turn.state == TurnState.COMING:
        return HttpResponse(COMING, status=409, content_type="text/plain")
    if turn.sealed_trace is None:
        raise Http404
    ended = contents.from_json(storing.open_turn(turn), turn.record)
    html = inspector(traces.traced(turn, ended))
    if not html:  # its trace is not the one that was sealed for it
        raise Http404
    return HttpResponse(html, headers={"Cache-Control": "no-store"})

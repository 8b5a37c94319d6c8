"""The views behind /stream/: they admit a call and hand it to the event loop.

A refusal comes before the first byte and is an ordinary answer with an ordinary
status. What happens after it is in `responses`.
"""

from __future__ import annotations

from uuid import UUID

from django.forms import Form
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET, require_POST

from console import vault
from console.accounts.acting import person_of
from console.accounts.rules import rule
from console.lib.htmx import ConsoleRequest
from console.playground import showing
from console.playground.conversations import storing
from console.playground.conversations.forms import PlaceForm
from console.playground.conversations.keeping import KeptAnswer
from console.playground.conversations.parameters import brief, shown_again
from console.playground.forms import (
    ChatForm,
    MessagesForm,
    PromptForm,
    TokenizeForm,
    sentence_of,
)
from console.playground.models import Conversation
from console.playground.responses import (
    AnswerResponse,
    EventsResponse,
    OpenStream,
    TokensResponse,
)
from console.relay.admission import Call, admit
from console.relay.refusal import Refused
from console.relay.room import refuse_if_full
from console.usage.models import Endpoint

STALE = "This conversation went on in another tab. Reload the page to see it."
TAKEN = "This conversation cannot be added to. Reload the page and start a new one."


@require_POST
@rule("playground.use")
def stream_chat(request: ConsoleRequest) -> HttpResponseBase:
    """Send a conversation and stream the next answer."""
    form = ChatForm(request.POST)
    return _stream(
        request,
        form,
        Endpoint.CHAT,
        lambda upstream, auth: upstream.stream_chat(form.body(), auth=auth),
    )


@require_POST
@rule("playground.use")
def stream_messages(request: ConsoleRequest) -> HttpResponseBase:
    """Send a conversation in the other dialect and stream the next answer."""
    form = MessagesForm(request.POST)
    return _stream(
        request,
        form,
        Endpoint.MESSAGES,
        lambda upstream, auth: upstream.stream_messages(form.body(), auth=auth),
    )


@require_POST
@rule("playground.use")
def stream_tokenize(request: ConsoleRequest) -> HttpResponseBase:
    """Cut a text into tokens: the tokens to draw, and figures to show."""
    form = TokenizeForm(request.POST)
    if not form.is_valid():
        return _wrong_input(form)
    user, text = person_of(request), form.cleaned_data["text"]
    try:
        call = admit(
            user=user,
            endpoint=Endpoint.TOKENIZE,
            model=form.cleaned_data["model"],
            prompt_bytes=len(text.encode()),
            max_tokens=None,
        )
    except Refused as refusal:
        return _refused(refusal)
    return TokensResponse(call, text, user)


@require_GET
@rule("playground.use")
def stream_answer(request: ConsoleRequest, turn_id: UUID) -> HttpResponseBase:
    """An answer of one's own from its beginning, and on as it comes."""
    own = Conversation.objects.visible_to(request.user)
    turn = get_object_or_404(storing.answers(), pk=turn_id, conversation__in=own)
    return AnswerResponse(turn)


def _stream(
    request: ConsoleRequest, form: PromptForm, endpoint: Endpoint, send: OpenStream
) -> HttpResponseBase:
    place = PlaceForm(request.POST)
    for one in (form, place):
        if not one.is_valid():
            return _wrong_input(one)

    def admit_it() -> Call:
        refuse_if_full()
        return admit(
            user=person_of(request),
            endpoint=endpoint,
            model=form.cleaned_data["model"],
            prompt_bytes=form.prompt_bytes,
            max_tokens=form.cleaned_data["max_tokens"],
            team_id=form.cleaned_data["team"],
            extras=form.extras,
        )

    try:
        if not storing.are_kept():
            return EventsResponse(admit_it(), send, expected=form.expected)
        asked = _asked(request, form, place, endpoint)
        fields = brief(asked.parameters)
        kept = KeptAnswer(asked.answer_id, form.expected, fields)
        call = storing.begin(asked, admit_it)
        return EventsResponse(call, send, expected=form.expected, kept=kept)
    except Refused as refusal:
        return _refused(refusal)
    except storing.AlreadyAsked as before:
        return AnswerResponse(before.turn)
    except storing.Stale:
        return _problem(STALE, status=409)
    except storing.Taken:
        return _problem(TAKEN, status=409)
    except vault.Sealed as sealed:
        return _problem(sealed.sentence, status=503)


def _asked(
    request: ConsoleRequest, form: PromptForm, place: PlaceForm, endpoint: Endpoint
) -> storing.Asked:
    return storing.Asked(
        owner=person_of(request),
        conversation_id=place.cleaned_data["conversation"],
        answer_id=place.cleaned_data["answer"],
        lane=place.cleaned_data["lane"],
        endpoint=endpoint,
        model=form.cleaned_data["model"],
        turns=form.said,
        parameters=shown_again(request.POST),
        replaces=place.cleaned_data["replaces"],
    )


def _problem(sentence: str, *, status: int) -> HttpResponse:
    return HttpResponse(showing.wrong_input(sentence), status=status)


def _wrong_input(form: Form) -> HttpResponse:
    return HttpResponse(showing.wrong_input(sentence_of(form)), status=422)


def _refused(refusal: Refused) -> HttpResponse:
    return HttpResponse(
        showing.refusal(refusal.reason),
        status=refusal.status,
        headers=refusal.headers,
    )

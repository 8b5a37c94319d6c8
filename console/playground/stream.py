"""The views behind /stream/: they admit a call and hand it to the event loop.

A refusal comes before the first byte and is an ordinary answer with an ordinary
status. What happens after it is in `responses`.
"""

from __future__ import annotations

from django.forms import Form
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST

from console.accounts.acting import person_of
from console.accounts.rules import rule
from console.lib.htmx import ConsoleRequest
from console.playground import showing
from console.playground.forms import (
    ChatForm,
    MessagesForm,
    PromptForm,
    TokenizeForm,
    sentence_of,
)
from console.playground.responses import EventsResponse, OpenStream, TokensResponse
from console.relay.admission import admit
from console.relay.refusal import Refused
from console.usage.models import Endpoint


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


def _stream(
    request: ConsoleRequest, form: PromptForm, endpoint: Endpoint, send: OpenStream
) -> HttpResponseBase:
    if not form.is_valid():
        return _wrong_input(form)
    try:
        call = admit(
            user=person_of(request),
            endpoint=endpoint,
            model=form.cleaned_data["model"],
            prompt_bytes=form.prompt_bytes,
            max_tokens=form.cleaned_data["max_tokens"],
            team_id=form.cleaned_data["team"],
            extras=form.extras,
        )
    except Refused as refusal:
        return _refused(refusal)
    return EventsResponse(call, send, form.expected)


def _wrong_input(form: Form) -> HttpResponse:
    return HttpResponse(showing.wrong_input(sentence_of(form)), status=422)


def _refused(refusal: Refused) -> HttpResponse:
    return HttpResponse(showing.refusal(refusal.reason), status=refusal.status)

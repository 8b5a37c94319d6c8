"""The addresses that tell what a prompt comes to, while it is written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_POST

from console.accounts.acting import person_of
from console.accounts.models import User
from console.accounts.rules import rule
from console.lib.db import in_db
from console.lib.htmx import ConsoleRequest
from console.playground.before.figures import Prompt, preview
from console.playground.before.left import left_line
from console.playground.forms import ChatForm, MessagesForm, PromptForm
from console.playground.images import MOST_IMAGES
from console.playground.in_page import PLACE, AnswerInPage
from console.relay.admission import Call, chosen_for
from console.relay.candidates import Candidate
from console.relay.counting import Count, admitted, ask, known
from console.relay.refusal import Refused
from console.usage import ledger
from console.usage.models import Endpoint


@require_POST
@rule("playground.use")
def before_chat(request: ConsoleRequest) -> HttpResponseBase:
    """Tell what a conversation comes to before it is sent as a chat."""
    return _before(request, ChatForm(request.POST), Endpoint.CHAT)


@require_POST
@rule("playground.use")
def before_messages(request: ConsoleRequest) -> HttpResponseBase:
    """Tell the same of the other dialect."""
    return _before(request, MessagesForm(request.POST), Endpoint.MESSAGES)


def _before(
    request: ConsoleRequest, form: PromptForm, endpoint: Endpoint
) -> HttpResponseBase:
    """Answer with the line above the button; with nothing while there is no prompt.

    `count` in the form lets xAI count the tokens; what was counted is not asked again.
    """
    user = person_of(request)
    found = _candidate(user, form, endpoint) if form.is_valid() else None
    if found is None:
        return HttpResponse(status=204)  # sending it would say why
    prompt = Prompt.of(form, images=_images(request))
    if "count" not in request.POST:
        return HttpResponse(_shown(user, prompt, endpoint, found, ()))
    counts = [_begun(user, found, text) for text in prompt.texts]
    calls = [one for one in counts if isinstance(one, Call)]
    if not calls:
        told = [one for one in counts if isinstance(one, Count)]
        return HttpResponse(_shown(user, prompt, endpoint, found, told))

    async def answer() -> str:
        asked = zip(counts, prompt.texts, strict=True)
        told = await asyncio.gather(*(_told(user, one, text) for one, text in asked))
        return await in_db(_shown, user, prompt, endpoint, found, told)

    return AnswerInPage(HttpResponse(PLACE), answer, unbegun=lambda: _release(calls))


def _images(request: ConsoleRequest) -> int:
    """Return how many images the prompt has; the page leaves out what is in them."""
    told = request.POST.get("images", "")
    return min(int(told), MOST_IMAGES) if told.isdecimal() else 0


def _candidate(user: User, form: PromptForm, endpoint: Endpoint) -> Candidate | None:
    data = form.cleaned_data
    with suppress(Refused):
        return chosen_for(user, endpoint, data["model"], team_id=data["team"])
    return None


def _begun(user: User, found: Candidate, text: str) -> Call | Count:
    key, model = found.key, found.model
    name = model.model_id if model else ""
    tokens = known(user, hosts=[key.host], model=name, text=text)
    if tokens is None:
        return admitted(user, model=name, text=text)
    return Count(model_id=name, tokens=tokens, known_before=True)


async def _told(user: User, one: Call | Count, text: str) -> Count:
    return await ask(user, one, text=text) if isinstance(one, Call) else one


def _release(calls: Sequence[Call]) -> None:
    for call in calls:
        ledger.release(call.record_id, problem="left")


def _shown(
    user: User,
    prompt: Prompt,
    endpoint: Endpoint,
    found: Candidate,
    counts: Sequence[Count],
) -> str:
    told = preview(prompt, endpoint, found.model, found.price, counts)
    left = left_line(user, found, most=told.most, now=timezone.now())
    context = {"preview": told, "left": left}
    return render_to_string("playground/_before.html", context)

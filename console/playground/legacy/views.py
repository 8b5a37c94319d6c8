"""The page of the two legacy endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from console.accounts.acting import person_of
from console.accounts.models import User
from console.accounts.rules import rule
from console.catalog.models import LanguageModel
from console.lib.htmx import ConsoleRequest
from console.playground import showing
from console.playground.forms import KIB, MOST_TOKENS, USUAL_TOKENS
from console.playground.in_page import AnswerInPage
from console.playground.legacy.forms import (
    MOST_STOPS,
    CompleteForm,
    CompletionsForm,
    LegacyForm,
)
from console.playground.legacy.once import forget, is_first
from console.relay import calls
from console.relay.admission import Call, admit
from console.relay.picker import ModelChoice, choices, why_nothing
from console.relay.refusal import Refused
from console.usage import ledger
from console.usage.models import Endpoint

Shown = Mapping[str, Any]  # what stands in the fields


@require_safe
@rule("playground.use")
def legacy(request: ConsoleRequest) -> HttpResponse:
    """A prompt without turns; `?show=` chooses the endpoint, `?model=` the model."""
    old = request.GET.get("show") == Endpoint.COMPLETE
    shown = {"model": request.GET.get("model", ""), "limit": USUAL_TOKENS}
    return _page(request, Endpoint.COMPLETE if old else Endpoint.COMPLETIONS, shown)


@require_http_methods(["GET", "POST"])
@rule("playground.use")
def stream_completions(request: ConsoleRequest) -> HttpResponseBase:
    """The same page, with what /v1/completions answered; its address is the form's."""
    if request.method == "GET":
        return redirect("playground:legacy")
    return _send(request, Endpoint.COMPLETIONS, CompletionsForm(request.POST))


@require_http_methods(["GET", "POST"])
@rule("playground.use")
def stream_complete(request: ConsoleRequest) -> HttpResponseBase:
    """The same page, with what /v1/complete answered; its address is the form's."""
    if request.method == "GET":
        old = urlencode({"show": Endpoint.COMPLETE.value})
        return redirect(f"{reverse('playground:legacy')}?{old}")
    return _send(request, Endpoint.COMPLETE, CompleteForm(request.POST))


def _send(
    request: ConsoleRequest, endpoint: Endpoint, form: LegacyForm
) -> HttpResponseBase:
    if not form.is_valid():
        return _page(request, endpoint, form.data, form=form, status=422)
    user, form_id = person_of(request), form.cleaned_data["form_id"]
    if not is_first(user, form_id):
        return _page(request, endpoint, form.data, sent_before=True, status=409)
    try:
        call = admit(
            user=user,
            endpoint=endpoint,
            model=form.cleaned_data["model"],
            prompt_bytes=form.prompt_bytes,
            max_tokens=form.cleaned_data["limit"],
            team_id=form.cleaned_data["team"],
        )
    except Refused as refusal:
        forget(user, form_id)
        why, status = showing.refusal(refusal.reason), refusal.status
        page = _page(request, endpoint, form.data, refusal=why, status=status)
        for name, value in refusal.headers.items():
            page[name] = value
        return page
    return AnswerInPage(
        _page(request, endpoint, form.data, call=call),
        lambda: _answer(call, form.body()),
        unbegun=lambda: _release(user, call, form_id),
    )


def _release(user: User, call: Call, form_id: UUID | None) -> None:
    ledger.release(call.record_id, problem="left")
    forget(user, form_id)


async def _answer(call: Call, request: calls.LegacyRequest) -> str:
    ended = await calls.complete(call, request)
    context = {
        "ended": ended,
        "model": call.model,
        "call": call,
        "meter": showing.meter(ended),
        "notice": showing.notice(ended.problem) if ended.problem else "",
    }
    return render_to_string("playground/legacy/_answer.html", context)


def _page(
    request: ConsoleRequest,
    endpoint: Endpoint,
    shown: Shown,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    found = choices(person_of(request), endpoint)
    usable = [choice for choice in found if choice.allowed]
    reasoning = _reasoning(usable)
    context = {
        "endpoint": endpoint,
        "is_completions": endpoint == Endpoint.COMPLETIONS,
        "plain": [one for one in usable if one.model_id not in reasoning],
        "reasoning": [one for one in usable if one.model_id in reasoning],
        "usable": usable,
        "others": [choice for choice in found if not choice.allowed],
        "blocked": None if found else why_nothing(person_of(request)),
        "shown": shown,
        "form_id": uuid4(),
        "most_tokens": MOST_TOKENS,
        "most_stops": MOST_STOPS,
        "longest_kb": settings.LONGEST_PROMPT // KIB,
    }
    return render(
        request, "playground/legacy/legacy.html", context | more, status=status
    )


def _reasoning(found: list[ModelChoice]) -> set[str]:
    """Return the models of which xAI tells that they reason; others may as well."""
    rows = LanguageModel.objects.filter(model_id__in=[one.model_id for one in found])
    told = rows.values_list("model_id", "capabilities")
    return {
        model_id
        for model_id, able in told
        if isinstance(able, dict) and able.get("reasoning_effort")
    }

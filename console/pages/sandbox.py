"""The page of levers for the sandbox upstream. It exists in try-out mode only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from console.accounts.rules import rule
from console.pages.levers import (
    FaultForm,
    KeyForm,
    NewKeyForm,
    PriceForm,
    TeamForm,
    TokenizerForm,
    board,
)
from console.polling import schedule
from console.sandbox.control import Control, ControlError

Act = Callable[[Control, dict[str, Any]], str]


@require_GET
@rule("sandbox.control")
def controls(request: HttpRequest) -> HttpResponse:
    """Every lever of the sandbox, as it stands now."""
    context = {
        "board": board(Control(settings.SANDBOX_URL)),
        "next_look_at": schedule.next_lists_at(request.user),
        "keys_every": settings.XAI_POLL_EVERY,
        "lists_every": settings.XAI_POLL_MODELS_EVERY,
    }
    return render(request, "pages/sandbox.html", context)


@require_POST
@rule("sandbox.control")
def team(request: HttpRequest) -> HttpResponse:
    """Block a team at xAI, or lift the block."""
    return _pull(request, TeamForm(request.POST), TeamForm.act)


@require_POST
@rule("sandbox.control")
def key(request: HttpRequest) -> HttpResponse:
    """Block or disable a key at xAI, or change its rights."""
    return _pull(request, KeyForm(request.POST), KeyForm.act)


@require_POST
@rule("sandbox.control")
def price(request: HttpRequest) -> HttpResponse:
    """Change what a model costs."""
    return _pull(request, PriceForm(request.POST), PriceForm.act)


@require_POST
@rule("sandbox.control")
def tokenizer(request: HttpRequest) -> HttpResponse:
    """Change how a model cuts text into tokens."""
    return _pull(request, TokenizerForm(request.POST), TokenizerForm.act)


@require_POST
@rule("sandbox.control")
def fault(request: HttpRequest) -> HttpResponse:
    """Make the next calls with a key fail, or end all such faults."""
    return _pull(request, FaultForm(request.POST), FaultForm.act)


@require_POST
@rule("sandbox.control")
def new_key(request: HttpRequest) -> HttpResponse:
    """Make a key at xAI that Gatehouse does not have yet."""
    return _pull(request, NewKeyForm(request.POST), NewKeyForm.act)


def _pull(request: HttpRequest, form: forms.Form, act: Act) -> HttpResponse:
    if not form.is_valid():
        messages.error(request, "The sandbox did nothing: the form was not complete.")
        return redirect("pages:sandbox")
    try:
        messages.success(request, act(Control(settings.SANDBOX_URL), form.cleaned_data))
    except ControlError as refusal:
        messages.error(request, f"The sandbox did nothing: {refusal}.")
    return redirect("pages:sandbox")

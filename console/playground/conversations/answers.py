"""What several views of conversations answer with."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from console import vault
from console.lib.htmx import render_page
from console.playground.models import Conversation

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def page_of(conversation: Conversation) -> str:
    """Return where a conversation is read and gone on with."""
    name = f"playground:{conversation.endpoint}_kept"
    return reverse(name, args=[conversation.pk])


def with_open_vault(view: View) -> View:
    """Answer 503 with what to do while the vault is sealed. Stands below `@rule`."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except vault.Sealed as refusal:
            return _sealed(request, refusal)

    return cast(View, opened)


def _sealed(request: HttpRequest, refusal: vault.Sealed) -> HttpResponse:
    context = {"sentence": refusal.sentence}
    template = "playground/history/sealed.html"
    return render_page(request, template, context, part="sealed", status=503)

"""A small site under our rules, for tests of the rules themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from console.accounts.rules import RULES, rule


def page(name: str) -> Callable[..., HttpResponse]:
    """Make a view under this rule."""

    @rule(name)
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(f"{name} is open")

    return view


def stream(name: str) -> Callable[..., Any]:
    """Make an asynchronous view under this rule."""

    @rule(name)
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(f"{name} is open")

    return view


def forgotten(request: HttpRequest) -> HttpResponse:
    """A view whose rule was forgotten."""
    return HttpResponse("open by mistake")


urlpatterns = [
    path("", include(([path("", page("overview.view"), name="overview")], "pages"))),
    path("account/", include("console.accounts.urls")),
    path("forgotten/", forgotten),
    *(path(f"page/{name}/", page(name)) for name in RULES),
    *(path(f"stream/{name}/", stream(name)) for name in RULES),
]

"""Pages for what went wrong. Those for a broken request or server need no database."""

from __future__ import annotations

import sys

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader

from console.runtime.bodies import without_ids

IMPORT = "/playground/history/import/"
TWIN = "/playground/twin/"
FILES = ("/keys/import/", "/models/referee/", IMPORT)  # forms with a file
PAGES = {IMPORT: "/playground/history/"}  # of addresses that are only sent to

# What a form takes whose address takes more, so that it can say so itself. The forms
# cannot be imported: they need the models, which are not there when this is.
TAKES = {
    IMPORT: "A file with a conversation has at most 1 MiB.",
    TWIN: "A request has at most 18 MB.",
}
TAKES |= dict.fromkeys(
    ("/playground/prompts/", "/playground/prompts/*/"),
    "A template takes 20,000 characters at most.",
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the request made no sense; nothing of it is repeated."""
    return HttpResponse(loader.render_to_string("400.html"), status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say which role is signed in and that it does not open this page."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say the same for what never was and what is another team's."""
    return render(request, "404.html", status=404)


def too_large(path: str, came_from: str, sentence: str) -> str:
    """Return the page for a form that brought too much, with the way back to it.

    The guard before Django asks for it, so there is no request and no database.
    """
    form = without_ids(path)
    back = came_from or (path if form in settings.LARGER_BODIES else "")
    context = {
        "sentence": TAKES.get(form, sentence),
        "url": PAGES.get(back, back) or "/",
        "action": "Back to the form" if back else "Go to the overview",
        "is_file": form in FILES,
    }
    return loader.render_to_string("413.html", context)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that it is our fault, or that the database is away, without asking it.

    Django calls this while the error is being handled.
    """
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        page = loader.render_to_string("503.html")
        return HttpResponse(page, status=503, headers={"Retry-After": "5"})
    return HttpResponse(loader.render_to_string("500.html"), status=500)

"""The request that stands in the composer, as code."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from console.accounts.acting import person_of
from console.accounts.rules import rule
from console.lib.htmx import ConsoleRequest
from console.playground import showing
from console.playground.forms import sentence_of
from console.playground.snippets.asking import (
    Asking,
    body_of,
    endpoint_of,
    form_of,
    host_for,
)
from console.playground.snippets.tabs import tabs_of


@require_POST
@rule("playground.use")
def code(request: ConsoleRequest) -> HttpResponse:
    """The code of a request that is not sent; the fields are those of the stream."""
    endpoint = endpoint_of(request.POST.get("endpoint", ""))
    form = form_of(endpoint, request.POST)
    if not form.is_valid():
        return HttpResponse(showing.wrong_input(sentence_of(form)), status=422)
    asked = form.cleaned_data
    host = host_for(person_of(request), asked["model"], team_id=asked.get("team"))
    asking = Asking(endpoint, host, body_of(form))
    tabs = tabs_of(asking)
    files = {tab.body_file: tab.body for tab in tabs if tab.body_file}
    context = {"tabs": tabs, "asking": asking, "files": files}
    return render(request, "playground/_code.html", context)

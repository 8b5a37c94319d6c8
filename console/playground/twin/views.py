"""The page on which a request stands in both dialects."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from console.accounts.rules import rule
from console.lib.htmx import ConsoleRequest
from console.playground.twin.converting import Converted, converted
from console.playground.twin.forms import DIALECTS, TwinForm
from console.playground.twin.lines import Wrong
from console.usage.models import Endpoint

EXAMPLE = {
    "model": "grok-4.3",
    "messages": [
        {"role": "system", "content": "Answer in one short sentence."},
        {"role": "user", "content": "Name a prime above 90."},
    ],
    "max_tokens": 2048,
    "seed": 7,
}


@require_http_methods(["GET", "HEAD", "POST"])
@rule("playground.use")
def twin(request: ConsoleRequest) -> HttpResponse:
    """A request, and the same in the other dialect beside it; nothing is sent."""
    if request.method != "POST":
        example = json.dumps(EXAMPLE, indent=2)
        return _page(request, Endpoint.CHAT, example, example=True)
    form = TwinForm(request.POST)
    if not form.is_valid():
        dialect = form.data.get("dialect", Endpoint.CHAT)
        return _page(request, dialect, form.data.get("body", ""), form=form, status=422)
    dialect, text = Endpoint(form.cleaned_data["dialect"]), form.cleaned_data["body"]
    try:
        found: Converted | None = converted(dialect, text)
    except Wrong as wrong:
        return _page(request, dialect, text, wrong=wrong, status=422)
    return _page(request, dialect, text, found=found)


def _page(
    request: ConsoleRequest, dialect: str, text: str, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"dialects": DIALECTS, "dialect": dialect, "text": text, **more}
    return render(request, "playground/twin/twin.html", context, status=status)

"""One thing done to many keys of the inventory, and taken back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from console.accounts.acting import actor_of
from console.accounts.rules import rule
from console.keys import bulk
from console.keys.bulk import Act
from console.keys.forms.bulk import FORMS
from console.keys.refusals import Refused
from console.keys.views.answers import REFUSALS, not_done, refuse, sent, to_list
from console.keys.views.picking import list_of, picked
from console.lib.htmx import render_page

DONE = {
    Act.OWNER: "The owner of {} was set.",
    Act.TAG: "{} got tags.",
    Act.UNTAG: "{} lost tags.",
    Act.PAUSE: "{} will not be watched any more.",
    Act.RESUME: "{} will be watched again.",
}


@require_http_methods(["GET", "HEAD", "POST"])
@rule("keys.change")
def key_bulk(request: HttpRequest, act: Act) -> HttpResponse:
    """Says what will happen to the picked keys, and does it when sent."""
    listed = list_of(request)
    try:
        selection = picked(request)
    except Refused as refusal:
        return not_done(request, refusal, listed)
    form = FORMS[act](sent(request))
    if form.is_valid():
        try:
            outcome = bulk.apply(
                act, selection=selection, value=form.value, actor=actor_of(request)
            )
        except REFUSALS as refusal:
            refuse(form, refusal)
        else:
            _tell(request, DONE[act], outcome)
            return to_list(request, listed)
    context = {"act": act, "form": form, "selection": selection, "back": listed.query}
    status = 422 if form.is_bound else 200
    return render_page(request, "keys/bulk.html", context, part="asked", status=status)


@require_POST
@rule("keys.change")
def key_undo(request: HttpRequest) -> HttpResponse:
    """Take back what was just done to many keys."""
    listed = list_of(request)
    try:
        outcome = bulk.undo(
            token=request.POST.get("token", ""),
            actor=actor_of(request),
            user=request.user,
        )
    except REFUSALS as refusal:
        return not_done(request, refusal, listed)
    one = outcome.changed == 1
    _tell(
        request,
        "{} is as it was before." if one else "{} are as they were before.",
        outcome,
    )
    return to_list(request, listed)


def _tell(request: HttpRequest, sentence: str, outcome: bulk.Outcome) -> None:
    """Say what came of it; the toast takes the token of an undo as its tag."""
    told = sentence.format(_keys(outcome.changed))
    if outcome.same:
        told += f" For {_keys(outcome.same)} there was nothing to change."
    messages.success(request, told, extra_tags=outcome.undo)


def _keys(number: int) -> str:
    return "1 key" if number == 1 else f"{number:,} keys"

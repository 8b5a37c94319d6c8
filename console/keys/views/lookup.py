"""The page that tells whether a string is one of our keys."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from console import vault
from console.accounts.acting import actor_of, person_of
from console.accounts.rules import rule
from console.keys import lookup
from console.keys.forms.lookup import LookupForm
from console.keys.views.answers import sent


@never_cache
@sensitive_post_parameters("credential_material")
@require_http_methods(["GET", "HEAD", "POST"])
@rule("keys.look_up")
def key_lookup(request: HttpRequest) -> HttpResponse:
    """A form for what was found, and beside it what it is and what to do now."""
    form = LookupForm(sent(request))
    try:
        looked = _look_up(request, form) if form.is_valid() else None
    except lookup.TooOften as refusal:
        form.add_error(None, refusal.sentence)
        answer = _page(request, form, None, status=429)
        answer["Retry-After"] = str(refusal.seconds)
        return answer
    except vault.Sealed as refusal:
        form.add_error(None, refusal.sentence)
        return _page(request, form, None, status=503)
    if looked is not None:
        return _page(request, LookupForm(), looked, status=200)  # asks xAI by wish only
    return _page(request, form, None, status=422 if form.is_bound else 200)


def _look_up(request: HttpRequest, form: LookupForm) -> lookup.Looked:
    values = form.cleaned_data
    return lookup.look_up(
        values["credential_material"],
        user=person_of(request),
        actor=actor_of(request),
        live_at=values["host"] if values["live"] else None,
    )


def _page(
    request: HttpRequest,
    form: LookupForm,
    looked: lookup.Looked | None,
    *,
    status: int,
) -> HttpResponse:
    context = {
        "form": form,
        "looked": looked,
        "most": lookup.MOST,
        "most_live": lookup.MOST_LIVE,
        "per_hour": lookup.PER_HOUR,
    }
    return render(request, "keys/lookup.html", context, status=status)

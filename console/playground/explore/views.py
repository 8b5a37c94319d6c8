"""The page that asks xAI with a chosen key and shows what it says."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from console.accounts.acting import actor_of, person_of
from console.accounts.models import User
from console.accounts.rules import rule
from console.catalog.models import LanguageModel
from console.keys.models import ApiKey, KeyModel, KeyState
from console.lib.htmx import ConsoleRequest
from console.lib.redact import holds_secret
from console.playground.explore import showing
from console.playground.explore.forms import ExploreForm
from console.playground.in_page import AnswerInPage
from console.relay import reading
from console.relay.admission import why_no_key
from console.relay.refusal import Refused

MOST_KEYS = 500  # in the list to choose from


@require_safe
@rule("playground.use")
def explore(request: ConsoleRequest) -> HttpResponse:
    """What to read and with which key; `?key=`, `?read=` and `?model=` fill it in."""
    wanted = {
        "key": request.GET.get("key", ""),
        "read": request.GET.get("read", ""),
        "model": request.GET.get("model", ""),
    }
    return _page(request, wanted)


@require_POST
@rule("playground.use")
def stream_explore(request: ConsoleRequest) -> HttpResponseBase:
    """The same page, with what xAI answered below the form."""
    form = ExploreForm(request.POST)
    if not form.is_valid():
        return _page(request, form.data, form=form, status=422)
    asked, person = form.cleaned_data, person_of(request)
    keys = reading.keys_of(person).select_related("team")
    try:
        question = reading.permit(
            api_key=get_object_or_404(keys, pk=asked["key"]),
            read=asked["read"],
            model_id=asked["model"],
            actor=actor_of(request),
        )
    except reading.TooOften as refusal:
        page = _page(request, form.data, refusal=refusal, status=429)
        page["Retry-After"] = str(refusal.seconds)
        return page
    except Refused as refusal:
        return _page(request, form.data, refusal=refusal, status=refusal.status)
    page = _page(request, form.data, question=question)
    return AnswerInPage(page, lambda: showing.answer(question))


def _page(
    request: ConsoleRequest, wanted: Any, *, status: int = 200, **more: Any
) -> HttpResponse:
    person = person_of(request)
    key = str(wanted.get("key", ""))
    keys, are_more = _keys(person, key)
    usable = (str(one.pk) for one in keys if one.state == KeyState.ACTIVE)
    model = str(wanted.get("model", ""))
    context = {
        "reads": reading.Read,
        "keys": keys,
        "most_keys": MOST_KEYS if are_more else None,
        "models": _models(person) if keys else [],
        "wanted_key": key or next(usable, ""),
        "wanted_read": str(wanted.get("read", "")),
        "wanted_model": "" if holds_secret(model) else model,
        "blocked": None if keys else why_no_key(person),
        "per_minute": reading.PER_MINUTE,
    }
    return render(
        request, "playground/explore/explore.html", context | more, status=status
    )


def _keys(person: User, wanted: str) -> tuple[list[ApiKey], bool]:
    """Return the keys for the list, the wanted one among them, and if there are more.

    Of each only what the list shows.
    """
    keys = reading.keys_of(person).select_related("team")
    keys = keys.only("id", "label", "state", "team__name")
    found = list(keys.order_by("team__name", "label", "id")[: MOST_KEYS + 1])
    listed = found[:MOST_KEYS]
    if len(found) > MOST_KEYS and wanted not in {str(key.pk) for key in listed}:
        listed += keys.filter(pk__in=_uuids(wanted))
    return listed, len(found) > MOST_KEYS


def _uuids(text: str) -> list[UUID]:
    try:
        return [UUID(text)]
    except ValueError:
        return []


def _models(person: User) -> list[str]:
    """Return the ids of the models that these keys see now."""
    keys = reading.keys_of(person)
    seen = KeyModel.objects.filter(
        model=OuterRef("pk"), seen_until=None, key__in=keys.values("pk")
    )
    models = LanguageModel.objects.filter(Exists(seen)).order_by("model_id")
    return list(models.values_list("model_id", flat=True).distinct())

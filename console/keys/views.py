"""The key pages. What is asked for "check now" is in polling.views."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from console import vault
from console.accounts import teams
from console.accounts.acting import actor_of, person_of
from console.accounts.models import Team
from console.accounts.rules import rule
from console.audit import trail
from console.keys import custody, inventory
from console.keys.dossier import dossier
from console.keys.forms import (
    WHOLE_KEY,
    AddKeyForm,
    EditKeyForm,
    RemoveKeyForm,
    ReplaceSecretForm,
    filters_of,
)
from console.keys.models import ApiKey
from console.lib import export
from console.lib.htmx import render_page

REFUSALS = (custody.Refused, teams.Refused, vault.Sealed)
Refusal: TypeAlias = custody.Refused | teams.Refused | vault.Sealed


@require_GET
@rule("keys.view")
def key_list(request: HttpRequest) -> HttpResponseBase:
    """The key inventory; its filters live in the address and rule the files too."""
    teams = inventory.visible_teams(request.user)
    filters = filters_of(request.GET.dict(), teams=teams)
    if WHOLE_KEY.search(request.GET.get("q", "")):
        return HttpResponseRedirect(f"?{urlencode({'q': filters.search})}")
    if format := export.format_of(request.GET.get("format", "")):
        return _export(request, filters, format)

    context = {
        "filters": filters,
        "inventory": inventory.inventory(
            user=request.user, filters=filters, now=timezone.now()
        ),
        "teams": teams,
        "team": next((team for team in teams if team.pk == filters.team), None),
        "sorts": inventory.SORT_NAMES,
        "sizes": inventory.SIZES,
    }
    return render_page(request, "keys/key_list.html", context, part="key-table")


@require_GET
@rule("keys.view")
def key_detail(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Everything known about one key; it refreshes itself, fast after "check now"."""
    context = {"dossier": dossier(key=_key(request, key_id), now=timezone.now())}
    return render_page(request, "keys/key_detail.html", context, part="key-live")


@sensitive_post_parameters("credential_material")
@require_http_methods(["GET", "HEAD", "POST"])
@rule("keys.change")
def key_add(request: HttpRequest) -> HttpResponse:
    """The form that takes a new key in."""
    form = AddKeyForm(_sent(request))
    if form.is_valid():
        values = form.cleaned_data
        try:
            api_key = custody.add_key(
                team=values["team"] or Team(name=values["new_team"]),
                label=values["label"],
                owner=values["owner"],
                note=values["note"],
                host=values["host"],
                secret_text=values["credential_material"],
                actor=actor_of(request),
                added_by=person_of(request),
            )
        except REFUSALS as refusal:
            _refuse(form, refusal)
        else:
            return _done(request, f"{api_key} was checked and stored.", api_key)
    return _form(request, "keys/key_add.html", form)


@sensitive_post_parameters("credential_material")
@require_http_methods(["GET", "HEAD", "POST"])
@rule("keys.change")
def key_replace(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """The form that puts another secret in the place of the stored one."""
    api_key = _key(request, key_id)
    form = ReplaceSecretForm(_sent(request))
    if form.is_valid():
        try:
            custody.replace_secret(
                api_key=api_key,
                secret_text=form.cleaned_data["credential_material"],
                actor=actor_of(request),
            )
        except REFUSALS as refusal:
            _refuse(form, refusal)
        else:
            return _done(request, f"{api_key} has a new secret.", api_key)
    return _form(request, "keys/key_replace.html", form, api_key)


@require_http_methods(["GET", "HEAD", "POST"])
@rule("keys.change")
def key_edit(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """The form for what people here say about a key."""
    api_key = _key(request, key_id)
    said = {"label": api_key.label, "owner": api_key.owner, "note": api_key.note}
    form = EditKeyForm(_sent(request), initial=said)
    if form.is_valid():
        try:
            edited = custody.edit(
                api_key=api_key, actor=actor_of(request), **form.cleaned_data
            )
        except REFUSALS as refusal:
            _refuse(form, refusal)
        else:
            return _done(request, f"{edited} was saved.", api_key)
    return _form(request, "keys/key_edit.html", form, api_key)


@require_POST
@rule("keys.change")
def key_pause(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Stop watching a key."""
    return _watch(request, key_id, custody.pause, "{} is not watched any more.")


@require_POST
@rule("keys.change")
def key_resume(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Watch a key again."""
    return _watch(request, key_id, custody.resume, "{} is watched again.")


@require_http_methods(["GET", "HEAD", "POST"])
@rule("keys.change")
def key_remove(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Ask for the label, then forget the secret."""
    api_key = _key(request, key_id)
    form = RemoveKeyForm(_sent(request), api_key=api_key)
    if form.is_valid():
        try:
            custody.remove_key(api_key=api_key, actor=actor_of(request))
        except REFUSALS as refusal:
            _refuse(form, refusal)
        else:
            return _done(request, f"{api_key} was removed; its secret is destroyed.")
    return _form(request, "keys/key_remove.html", form, api_key)


def _key(request: HttpRequest, key_id: UUID) -> ApiKey:
    """Return a key this person may see; any other does not exist."""
    keys = ApiKey.objects.visible_to(request.user).select_related("team", "created_by")
    return get_object_or_404(keys, pk=key_id)


def _watch(
    request: HttpRequest, key_id: UUID, act: Callable[..., ApiKey], done: str
) -> HttpResponse:
    api_key = _key(request, key_id)
    try:
        act(api_key=api_key, actor=actor_of(request))
    except REFUSALS as refusal:
        return _not_done(request, refusal)
    return _done(request, done.format(api_key), api_key)


def _sent(request: HttpRequest) -> QueryDict | None:
    """Return what was posted, be it empty; None when the form is only opened."""
    return request.POST if request.method == "POST" else None


def _export(
    request: HttpRequest, filters: inventory.Filters, format: export.Format
) -> HttpResponseBase:
    try:
        with transaction.atomic():
            trail.record(
                action="keys.exported",
                actor=actor_of(request),
                object_kind="keys",
                detail={"format": format.value, **filters.in_words()},
            )
    except vault.Sealed as refusal:
        return _not_done(request, refusal)
    return export.file_response(
        inventory.records(user=request.user, filters=filters, now=timezone.now()),
        fields=inventory.EXPORT_FIELDS,
        format=format,
        name="keys",
    )


def _refuse(form: forms.Form, refusal: Refusal) -> None:
    """Put the sentence of a refusal beside the field it speaks of."""
    if isinstance(refusal, teams.Refused):
        form.add_error("new_team", refusal.sentence)
    elif isinstance(refusal, custody.TeamMismatch) and "team" in form.fields:
        form.add_error("team", refusal.sentence)
    elif isinstance(refusal, custody.Refused) and "credential_material" in form.fields:
        form.add_error("credential_material", refusal.sentence)
    else:
        form.add_error(None, refusal.sentence)


def _form(
    request: HttpRequest,
    template: str,
    form: forms.Form,
    api_key: ApiKey | None = None,
) -> HttpResponse:
    """Show a form; 422 says that it was sent and refused."""
    context = {"form": form, "key": api_key}
    return render(request, template, context, status=422 if form.is_bound else 200)


def _done(
    request: HttpRequest, text: str, api_key: ApiKey | None = None
) -> HttpResponse:
    """Say what was done on the page that shows it."""
    messages.success(request, text)
    url = reverse("keys:detail", args=[api_key.pk]) if api_key else reverse("keys:list")
    return HttpResponseRedirect(url, status=303)


def _not_done(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Say why nothing was done."""
    messages.error(request, refusal.sentence)
    return HttpResponseRedirect(reverse("keys:list"), status=303)

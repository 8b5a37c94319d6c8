"""Taking keys in, changing and letting go of them."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from console.accounts.acting import actor_of, person_of
from console.accounts.models import Team
from console.accounts.rules import rule
from console.keys import custody, editing
from console.keys.forms.keys import (
    AddKeyForm,
    EditKeyForm,
    RemoveKeyForm,
    ReplaceSecretForm,
)
from console.keys.models import ApiKey
from console.keys.views.answers import (
    REFUSALS,
    done,
    not_done,
    refuse,
    sent,
    show_form,
    visible_key,
)


@sensitive_post_parameters("credential_material")
@require_http_methods(["GET", "HEAD", "POST"])
@rule("keys.change")
def key_add(request: HttpRequest) -> HttpResponse:
    """The form that takes a new key in."""
    form = AddKeyForm(sent(request))
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
            refuse(form, refusal)
        else:
            return done(request, f"{api_key} was checked and stored.", api_key)
    return show_form(request, "keys/key_add.html", form)


@sensitive_post_parameters("credential_material")
@require_http_methods(["GET", "HEAD", "POST"])
@rule("keys.change")
def key_replace(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """The form that puts another secret in the place of the stored one."""
    api_key = visible_key(request, key_id)
    form = ReplaceSecretForm(sent(request))
    if form.is_valid():
        try:
            custody.replace_secret(
                api_key=api_key,
                secret_text=form.cleaned_data["credential_material"],
                actor=actor_of(request),
            )
        except REFUSALS as refusal:
            refuse(form, refusal)
        else:
            return done(request, f"{api_key} has a new secret.", api_key)
    return show_form(request, "keys/key_replace.html", form, api_key)


@require_http_methods(["GET", "HEAD", "POST"])
@rule("keys.change")
def key_edit(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """The form for what people here say about a key."""
    api_key = visible_key(request, key_id)
    form = EditKeyForm(sent(request), initial=editing.said_of(api_key))
    if form.is_valid():
        try:
            edited = editing.edit(
                api_key=api_key, values=form.cleaned_data, actor=actor_of(request)
            )
        except REFUSALS as refusal:
            refuse(form, refusal)
        else:
            return done(request, f"{edited} was saved.", api_key)
    return show_form(request, "keys/key_edit.html", form, api_key)


@require_POST
@rule("keys.change")
def key_pause(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Stop watching a key."""
    return _watch(request, key_id, editing.pause, "{} is not watched any more.")


@require_POST
@rule("keys.change")
def key_resume(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Watch a key again."""
    return _watch(request, key_id, editing.resume, "{} is watched again.")


@require_http_methods(["GET", "HEAD", "POST"])
@rule("keys.change")
def key_remove(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Ask for the label, then forget the secret."""
    api_key = visible_key(request, key_id)
    form = RemoveKeyForm(sent(request), api_key=api_key)
    if form.is_valid():
        try:
            custody.remove_key(api_key=api_key, actor=actor_of(request))
        except REFUSALS as refusal:
            refuse(form, refusal)
        else:
            return done(request, f"{api_key} was removed; its secret is destroyed.")
    return show_form(request, "keys/key_remove.html", form, api_key)


def _watch(
    request: HttpRequest, key_id: UUID, act: Callable[..., ApiKey], sentence: str
) -> HttpResponse:
    api_key = visible_key(request, key_id)
    try:
        act(api_key=api_key, actor=actor_of(request))
    except REFUSALS as refusal:
        return not_done(request, refusal)
    return done(request, sentence.format(api_key), api_key)

"""What the views of keys share: finding the key, and saying what came of an act."""

from __future__ import annotations

from typing import TypeAlias
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from console import vault
from console.accounts import teams
from console.keys import custody
from console.keys.models import ApiKey
from console.keys.narrowing import Filters
from console.lib.htmx import wants_part

REFUSALS = (custody.Refused, teams.Refused, vault.Sealed)
Refusal: TypeAlias = custody.Refused | teams.Refused | vault.Sealed


def visible_key(request: HttpRequest, key_id: UUID) -> ApiKey:
    """Return a key this person may see; any other does not exist."""
    keys = ApiKey.objects.visible_to(request.user).select_related("team", "created_by")
    return get_object_or_404(keys, pk=key_id)


def sent(request: HttpRequest) -> QueryDict | None:
    """Return what was posted, be it empty; None when the form is only opened."""
    return request.POST if request.method == "POST" else None


def refuse(form: forms.Form, refusal: Refusal) -> None:
    """Put the sentence of a refusal beside the field it speaks of."""
    if isinstance(refusal, teams.Refused):
        form.add_error("new_team", refusal.sentence)
    elif isinstance(refusal, custody.TeamMismatch) and "team" in form.fields:
        form.add_error("team", refusal.sentence)
    elif isinstance(refusal, custody.Refused) and "credential_material" in form.fields:
        form.add_error("credential_material", refusal.sentence)
    else:
        form.add_error(None, refusal.sentence)


def show_form(
    request: HttpRequest,
    template: str,
    form: forms.Form,
    api_key: ApiKey | None = None,
) -> HttpResponse:
    """Show a form; 422 says that it was sent and refused."""
    context = {"form": form, "key": api_key}
    return render(request, template, context, status=422 if form.is_bound else 200)


def way_back(request: HttpRequest, otherwise: str) -> str:
    """Return the address that a form was opened from, if it is one of ours."""
    page = request.POST.get("next", request.GET.get("next", ""))
    hosts = {request.get_host()}
    if url_has_allowed_host_and_scheme(page, hosts, require_https=request.is_secure()):
        return page
    return otherwise


def done(
    request: HttpRequest, text: str, api_key: ApiKey | None = None
) -> HttpResponse:
    """Say what was done where it was asked for, or else on the page that shows it."""
    messages.success(request, text)
    url = reverse("keys:detail", args=[api_key.pk]) if api_key else reverse("keys:list")
    return HttpResponseRedirect(way_back(request, url), status=303)


def not_done(
    request: HttpRequest, refusal: Refusal, filters: Filters | None = None
) -> HttpResponse:
    """Say why nothing was done."""
    messages.error(request, refusal.sentence)
    return to_list(request, filters)


def to_list(request: HttpRequest, filters: Filters | None = None) -> HttpResponse:
    """Lead to the inventory, as it was filtered; htmx leaves its page for it, too."""
    query = filters.query if filters else ""
    url = f"{reverse('keys:list')}?{query}" if query else reverse("keys:list")
    if wants_part(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url, status=303)

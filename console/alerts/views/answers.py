"""What the views of channels share."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from console import vault
from console.alerts import refusals
from console.alerts.models import Channel

REFUSALS = (refusals.Refused, vault.Sealed)


def stored_channel(channel_id: UUID) -> Channel:
    """Return a channel that is not removed; any other does not exist."""
    return get_object_or_404(Channel, pk=channel_id, removed_at=None)


def sent(request: HttpRequest) -> QueryDict | None:
    """Return what was posted, be it empty; None when the form is only opened."""
    return request.POST if request.method == "POST" else None


def show_form(
    request: HttpRequest, template: str, form: forms.Form, **context: object
) -> HttpResponse:
    """Show a form; 422 says that it was sent and refused."""
    status = 422 if form.is_bound else 200
    return render(request, template, {"form": form, **context}, status=status)


def refuse(form: forms.Form, refusal: refusals.Refused | vault.Sealed) -> None:
    """Put the sentence of a refusal beside the field it speaks of."""
    match refusal:
        case refusals.BadTarget():
            form.add_error("target", refusal.sentence)
        case refusals.NameTaken():
            form.add_error("name", refusal.sentence)
        case _:
            form.add_error(None, refusal.sentence)


def done(request: HttpRequest, text: str) -> HttpResponse:
    """Say what was done on the page of channels."""
    messages.success(request, text)
    return HttpResponseRedirect(reverse("alerts:list"), status=303)


def not_done(
    request: HttpRequest, refusal: refusals.Refused | vault.Sealed
) -> HttpResponse:
    """Say why nothing was done."""
    messages.error(request, refusal.sentence)
    return HttpResponseRedirect(reverse("alerts:list"), status=303)

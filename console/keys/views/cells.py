"""What people say of a key, changed where it is shown."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from console.accounts.acting import actor_of
from console.accounts.rules import rule
from console.keys import editing
from console.keys.forms.keys import CellForm
from console.keys.views.answers import REFUSALS, refuse, sent, visible_key
from console.lib.htmx import wants_part


@require_http_methods(["GET", "HEAD", "POST"])
@rule("keys.change")
def key_cell(request: HttpRequest, key_id: UUID, field: str) -> HttpResponse:
    """The form in the place of a value, and the value again when it was saved.

    Without htmx the page that edits all of them takes its place.
    """
    api_key = visible_key(request, key_id)
    if not wants_part(request):
        return redirect("keys:edit", key_id=api_key.pk)
    form = CellForm(sent(request), field=field, initial=editing.said_of(api_key))
    context = {"key": api_key, "field": field, "form": form}
    if form.is_valid():
        try:
            context["key"] = editing.edit(
                api_key=api_key, values=form.cleaned_data, actor=actor_of(request)
            )
        except REFUSALS as refusal:
            refuse(form, refusal)
        else:
            answer = render(request, "keys/_cell.html", context)
            return trigger_client_event(answer, "key-edited", after="settle")
    elif "shown" in request.GET:
        return render(request, "keys/_cell.html", context)
    status = 422 if form.is_bound else 200
    return render(request, "keys/_cell_form.html", context, status=status)

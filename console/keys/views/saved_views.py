"""A person's own views of the inventory."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from console.accounts.acting import person_of
from console.accounts.rules import rule
from console.keys import saved_views
from console.keys.forms.saved_views import ViewForm
from console.keys.models import SavedView
from console.keys.views.answers import sent, to_list
from console.keys.views.picking import list_of


@require_http_methods(["GET", "HEAD", "POST"])
@rule("keys.view")
def view_list(request: HttpRequest) -> HttpResponse:
    """The person's views; a POST saves one more for the list it came from."""
    user, form, filters = person_of(request), ViewForm(sent(request)), list_of(request)
    if form.is_valid():
        try:
            view = saved_views.save(
                user=user, name=form.cleaned_data["name"], filters=filters
            )
        except saved_views.Refused as refusal:
            form.add_error("name", refusal.sentence)
        else:
            messages.success(request, f"The view “{view}” was saved.")
            return to_list(request, filters)
    context = {
        "form": form,
        "views": saved_views.views_of(user),
        "back": filters.query,
        "filters": filters,
    }
    status = 422 if form.is_bound else 200
    return render(request, "keys/view_list.html", context, status=status)


@require_POST
@rule("keys.view")
def view_rename(request: HttpRequest, view_id: int) -> HttpResponse:
    """Give one of the person's views another name."""
    view = get_object_or_404(SavedView, pk=view_id, user=person_of(request))
    form = ViewForm(request.POST)
    if not form.is_valid():
        return _back(request, " ".join(str(each) for each in form.errors["name"]))
    try:
        saved_views.rename(view=view, name=form.cleaned_data["name"])
    except saved_views.Refused as refusal:
        return _back(request, refusal.sentence)
    return _back(request)


@require_POST
@rule("keys.view")
def view_delete(request: HttpRequest, view_id: int) -> HttpResponse:
    """Forget one of the person's views."""
    get_object_or_404(SavedView, pk=view_id, user=person_of(request)).delete()
    return _back(request)


def _back(request: HttpRequest, problem: str = "") -> HttpResponse:
    if problem:
        messages.error(request, problem)
    return HttpResponseRedirect(reverse("keys:views"), status=303)

"""A person's own views of usage."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from console.accounts.acting import person_of
from console.accounts.rules import rule
from console.finance.models import UsageView
from console.finance.usage import saved_views
from console.finance.usage.forms import Filters, filters_of
from console.keys.forms.saved_views import ViewForm


@require_http_methods(["GET", "HEAD", "POST"])
@rule("usage.view")
def view_list(request: HttpRequest) -> HttpResponse:
    """The person's views; a POST saves one more for the page it came from."""
    user = person_of(request)
    sent = request.POST if request.method == "POST" else None
    form, own, filters = ViewForm(sent), _own(request), _filters(request)
    if form.is_valid():
        name = form.cleaned_data["name"]
        try:
            view = saved_views.save(user=user, name=name, own=own, filters=filters)
        except saved_views.Refused as refusal:
            form.add_error("name", refusal.sentence)
        else:
            messages.success(request, f"The view “{view}” was saved.")
            return HttpResponseRedirect(view.url, status=303)
    asked = sent is not None or "back" in request.GET
    context = {
        "form": form,
        "shown": saved_views.in_words(user, filters) if asked else {},
        "to_save": UsageView(own=own, query=filters.link().removeprefix("?")),
        "views": saved_views.views_of(user),
    }
    status = 422 if sent is not None else 200
    return render(request, "finance/usage_views.html", context, status=status)


@require_POST
@rule("usage.view")
def view_rename(request: HttpRequest, usage_view_id: int) -> HttpResponse:
    """Give one of the person's views another name."""
    view, form = _view(request, usage_view_id), ViewForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["name"])))
        return _to_list()
    try:
        saved_views.rename(view=view, name=form.cleaned_data["name"])
    except saved_views.Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, f"The view is called “{view}” now.")
    return _to_list()


@require_http_methods(["GET", "HEAD", "POST"])
@rule("usage.view")
def view_delete(request: HttpRequest, usage_view_id: int) -> HttpResponse:
    """Ask whether to delete one of the person's views; a POST does."""
    view = _view(request, usage_view_id)
    if request.method != "POST":
        return render(request, "finance/usage_view_delete.html", {"view": view})
    view.delete()
    messages.success(request, f"The view “{view}” was deleted.")
    return _to_list()


def _own(request: HttpRequest) -> bool:
    """Tell whether the view is one of My usage."""
    sent = request.POST if request.method == "POST" else request.GET
    return sent.get("own") == "1"


def _filters(request: HttpRequest) -> Filters:
    """Return what the page showed that asks, as far as it makes sense."""
    sent = request.POST if request.method == "POST" else request.GET
    asked = QueryDict(sent.get("back", "").removeprefix("?"))
    return filters_of(asked.dict(), viewer=person_of(request), own=_own(request))


def _view(request: HttpRequest, pk: int) -> UsageView:
    return get_object_or_404(UsageView, pk=pk, person=person_of(request))


def _to_list() -> HttpResponse:
    return HttpResponseRedirect(reverse("usage:views"), status=303)

"""The pages of prompt templates."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from console.accounts.acting import actor_of, person_of
from console.accounts.rules import rule
from console.lib.htmx import ConsoleRequest
from console.playground.conversations.answers import with_open_vault
from console.playground.models import PromptTemplate
from console.playground.prompts import keeping
from console.playground.prompts.forms import PromptTemplateForm


@require_http_methods(["GET", "HEAD", "POST"])
@rule("playground.use")
@with_open_vault
def prompt_list(request: ConsoleRequest) -> HttpResponse:
    """The templates a person may use; a POST stores one more."""
    person = person_of(request)
    form = PromptTemplateForm(person, request.POST if request.POST else None)
    if form.is_valid():
        try:
            keeping.add(owner=person, actor=actor_of(request), **form.cleaned_data)
        except keeping.Refused as refusal:
            form.add_error("name", refusal.sentence)
        else:
            messages.success(request, "The template was saved.")
            return _to_list()
    context = {"form": form, "templates": keeping.templates_of(person)}
    status = 422 if request.method == "POST" else 200
    return render(request, "playground/prompts/prompts.html", context, status=status)


@require_GET
@rule("playground.use")
@with_open_vault
def prompt_names(request: ConsoleRequest) -> HttpResponse:
    """What is chosen from beside a prompt: the names of the templates one may use."""
    found = keeping.named(request.user)
    context = {"templates": found, "is_bounded": len(found) == keeping.MOST_NAMED}
    response = render(request, "playground/prompts/_names.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_GET
@rule("playground.use")
@with_open_vault
def prompt_text(request: ConsoleRequest, prompt_id: UUID) -> HttpResponse:
    """The text of one of these templates, to be put into a prompt."""
    usable = PromptTemplate.objects.visible_to(request.user)
    text = keeping.text_of(get_object_or_404(usable, pk=prompt_id))
    kind, headers = "text/plain; charset=utf-8", {"Cache-Control": "no-store"}
    return HttpResponse(text, content_type=kind, headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@rule("playground.use")
@with_open_vault
def prompt_edit(request: ConsoleRequest, prompt_id: UUID) -> HttpResponse:
    """One of the person's own templates; a POST changes it."""
    person, template = person_of(request), _own(request, prompt_id)
    shown = {
        "name": keeping.name_of(template),
        "text": keeping.text_of(template),
        "team": template.team_id,
    }
    posted = request.POST if request.method == "POST" else None
    form = PromptTemplateForm(person, posted, initial=shown)
    if form.is_valid():
        try:
            keeping.change(template, actor=actor_of(request), **form.cleaned_data)
        except keeping.Refused as refusal:
            form.add_error("name", refusal.sentence)
        else:
            messages.success(request, "The template was changed.")
            return _to_list()
    context = {"form": form, "template": template, "name": shown["name"]}
    status = 422 if posted is not None else 200
    return render(request, "playground/prompts/edit.html", context, status=status)


@require_POST
@rule("playground.use")
@with_open_vault
def prompt_delete(request: ConsoleRequest, prompt_id: UUID) -> HttpResponse:
    """Delete one of the person's own templates."""
    keeping.delete(_own(request, prompt_id), actor=actor_of(request))
    messages.success(request, "The template was deleted.")
    return _to_list()


def _own(request: ConsoleRequest, prompt_id: UUID) -> PromptTemplate:
    own = PromptTemplate.objects.filter(owner=person_of(request))
    return get_object_or_404(own.select_related("team", "owner"), pk=prompt_id)


def _to_list() -> HttpResponse:
    return HttpResponseRedirect(reverse("playground:prompts"), status=303)

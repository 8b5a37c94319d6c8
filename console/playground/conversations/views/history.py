"""One's own conversations: the list, and what is done with each as a whole."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
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
from console.audit import trail
from console.lib.htmx import ConsoleRequest, render_page
from console.playground.conversations import editing, files, listing, retention, storing
from console.playground.conversations.answers import page_of, with_open_vault
from console.playground.conversations.as_markdown import to_markdown
from console.playground.conversations.forms import ImportForm, ShareForm, TitleForm
from console.playground.models import Conversation


@require_GET
@rule("playground.use")
@with_open_vault
def history(request: ConsoleRequest) -> HttpResponse:
    """The person's conversations, pinned first; `?q=` looks for words in them."""
    search = request.GET.get("q", "")[:100]
    cursor = request.GET.get("page", "")
    context = _context() | {
        "history": listing.history(request.user, search=search, cursor=cursor),
        "search": search.strip(),
    }
    return render_page(
        request, "playground/history/history.html", context, part="conversations"
    )


@require_POST
@rule("playground.use")
@with_open_vault
def rename(request: ConsoleRequest, conversation_id: UUID) -> HttpResponse:
    """Give one of the person's conversations another title."""
    conversation, form = _own(request, conversation_id), TitleForm(request.POST)
    if form.is_valid():
        editing.rename(conversation, title=form.cleaned_data["title"])
        messages.success(request, "The conversation has its new title.")
    else:
        messages.error(request, " ".join(map(str, form.errors["title"])))
    return _back(request, conversation)


@require_POST
@rule("playground.use")
@with_open_vault
def pin(request: ConsoleRequest, conversation_id: UUID) -> HttpResponse:
    """Let a conversation stand above the others, or no more."""
    conversation = _own(request, conversation_id)
    editing.pin(conversation, pinned=request.POST.get("pinned") == "1")
    return _back(request, conversation)


@require_POST
@rule("playground.use")
@with_open_vault
def duplicate(request: ConsoleRequest, conversation_id: UUID) -> HttpResponse:
    """Copy a conversation, and go on with the copy."""
    copy = editing.duplicate(_own(request, conversation_id))
    messages.success(request, "This is the copy. The original stays as it is.")
    return HttpResponseRedirect(page_of(copy), status=303)


@require_http_methods(["GET", "HEAD", "POST"])
@rule("playground.use")
@with_open_vault
def delete(request: ConsoleRequest, conversation_id: UUID) -> HttpResponse:
    """Ask whether to delete one of the person's conversations; a POST does."""
    conversation = _own(request, conversation_id)
    if request.method != "POST":
        title = storing.open_title(conversation)
        context = {"id": conversation.pk, "title": title, "page": page_of(conversation)}
        return render(request, "playground/history/delete.html", context)
    editing.delete(conversation)
    messages.success(request, "The conversation was deleted.")
    return HttpResponseRedirect(reverse("playground:history"), status=303)


@require_GET
@rule("playground.use")
@with_open_vault
def export(request: ConsoleRequest, conversation_id: UUID) -> HttpResponse:
    """One of the person's conversations as a file: JSON, or Markdown."""
    conversation = _own(request, conversation_id)
    as_markdown = request.GET.get("format") == "md"
    with transaction.atomic():
        trail.record(
            action="conversation.exported",
            actor=actor_of(request),
            object_kind="conversation",
            object_id=str(conversation.pk),
            object_name="a conversation",
            detail={"format": "md" if as_markdown else "json"},
        )
    data = files.exported(conversation)
    name = files.name_of(data["title"])
    if as_markdown:
        return _file(to_markdown(data), "text/markdown", f"{name}.md")
    text = json.dumps(data, ensure_ascii=False, indent=2)
    return _file(f"{text}\n", "application/json", f"{name}.json")


@require_POST
@rule("playground.use")
@with_open_vault
def import_file(request: ConsoleRequest) -> HttpResponse:
    """Store a conversation from a file that Gatehouse exported."""
    form = ImportForm(request.POST, request.FILES)
    if form.is_valid() and not storing.are_kept():
        form.add_error(None, "Nothing is kept here, so nothing can be imported.")
    if form.is_valid():
        try:
            data = files.read(form.cleaned_data["file"].read())
        except files.BadFile as refusal:
            form.add_error("file", f"{refusal.sentence} Nothing was imported.")
        else:
            imported = files.store(data, owner=person_of(request))
            _tell_imported(request, turns=len(data["turns"]), had=data["had"])
            return HttpResponseRedirect(page_of(imported), status=303)
    context = _context() | {"history": listing.history(request.user), "form": form}
    return render(request, "playground/history/history.html", context, status=422)


def _tell_imported(request: ConsoleRequest, *, turns: int, had: int) -> None:
    """Say that it was, and what is not as it was exported."""
    if turns == had:
        messages.success(request, "The conversation was imported.")
        return
    messages.warning(
        request,
        f"The conversation was imported with {turns:,} turn{'' if turns == 1 else 's'}."
        f" It had {had:,} when it was exported: marks in its file were taken out or "
        "added since.",
    )


def _context() -> dict[str, Any]:
    return {
        "kept_for": retention.in_words(),
        "form": ImportForm(),
        "share_form": ShareForm(),
    }


def _own(request: ConsoleRequest, conversation_id: UUID) -> Conversation:
    own = Conversation.objects.visible_to(request.user)
    return get_object_or_404(own, pk=conversation_id)


def _back(request: ConsoleRequest, conversation: Conversation) -> HttpResponse:
    """Go back to the page of the conversation, or to the list, as the form says."""
    here = request.POST.get("here") == "1"
    url = page_of(conversation) if here else reverse("playground:history")
    return HttpResponseRedirect(url, status=303)


def _file(text: str, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        text.encode("utf-8", "replace"),
        content_type=f"{content_type}; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )

"""Storing and reading prompt templates: the only writes to that table."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone

from console.accounts.models import Team, User
from console.audit import trail
from console.audit.actors import Actor
from console.playground.conversations import sealed
from console.playground.models import PromptTemplate

MOST = 200  # of one person
MOST_NAMED = 300  # of all that a person may use, to choose from beside a prompt


class Refused(Exception):
    """A template that was not stored; `sentence` is for the person."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTemplate:
    """One template; `team` is empty for a person's own."""

    id: uuid.UUID
    name: str
    text: str
    team: str
    owner: str
    is_own: bool


def templates_of(user: User | AnonymousUser) -> list[ShownTemplate]:
    """Return what a person may use, by name; one query. Raises vault.Sealed."""
    found = PromptTemplate.objects.visible_to(user).select_related("team", "owner")
    shown = [_shown(one, user) for one in found]
    return sorted(shown, key=lambda one: one.name.casefold())


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTemplate:
    """One template to choose, without its text."""

    id: uuid.UUID
    name: str
    team: str  # empty for a person's own


def named(user: User | AnonymousUser) -> list[NamedTemplate]:
    """Return the newest MOST_NAMED that a person may use, by name; one query.

    No text is opened: those of a large team are many megabytes. Raises vault.Sealed.
    """
    usable = PromptTemplate.objects.visible_to(user).select_related("team")
    found = [
        NamedTemplate(
            id=one.pk, name=name_of(one), team=one.team.name if one.team else ""
        )
        for one in usable.defer("sealed_text")[:MOST_NAMED]
    ]
    return sorted(found, key=lambda one: one.name.casefold())


def _shown(template: PromptTemplate, user: User | AnonymousUser) -> ShownTemplate:
    return ShownTemplate(
        id=template.pk,
        name=name_of(template),
        text=text_of(template),
        team=template.team.name if template.team else "",
        owner=template.owner.name or template.owner.username,
        is_own=template.owner_id == user.pk,
    )


@transaction.atomic
def add(
    *, owner: User, name: str, text: str, team: Team | None, actor: Actor
) -> PromptTemplate:
    """Store a template. Raises Refused, or vault.Sealed."""
    _one_by_one(owner, team)
    if PromptTemplate.objects.filter(owner=owner).count() >= MOST:
        raise Refused(f"You have {MOST} templates. Delete one first.")
    _refuse_taken(name, owner, team)
    template = PromptTemplate(id=uuid.uuid4(), owner=owner)
    return _store(template, name, text, team, "prompt_template.added", actor)


@transaction.atomic
def change(
    template: PromptTemplate, *, name: str, text: str, team: Team | None, actor: Actor
) -> PromptTemplate:
    """Store a template as it is now. Raises Refused, or vault.Sealed.

    One that has the name of another keeps it, where it stays: it had it before names
    were compared.
    """
    _one_by_one(template.owner, team)
    if template.team != team or _folded(name_of(template)) != _folded(name):
        _refuse_taken(name, template.owner, team)
    left = template.team if template.team != team else None
    if left:
        _record("prompt_template.deleted", template, left, actor)
    return _store(template, name, text, team, "prompt_template.edited", actor)


@transaction.atomic
def delete(template: PromptTemplate, *, actor: Actor) -> None:
    """Delete a template for good. Raises vault.Sealed."""
    team = template.team
    if team:
        _record("prompt_template.deleted", template, team, actor)
    template.delete()


def name_of(template: PromptTemplate) -> str:
    """Return the name of a template."""
    blob = template.sealed_name
    return sealed.open_text(blob, kind=sealed.PROMPT_NAME, row=template.pk)


def text_of(template: PromptTemplate) -> str:
    """Return the text of a template."""
    blob = template.sealed_text
    return sealed.open_text(blob, kind=sealed.PROMPT_TEXT, row=template.pk)


def _one_by_one(owner: User, team: Team | None) -> None:
    """Let two tabs, or two members of the team, store one after the other."""
    User.objects.select_for_update().get(pk=owner.pk)
    if team:
        Team.objects.select_for_update(no_key=True).get(pk=team.pk)


def _refuse_taken(name: str, owner: User, team: Team | None) -> None:
    """Raise Refused if another template stands under this name in the same place."""
    beside = PromptTemplate.objects.filter(team=team)
    if team is None:
        beside = beside.filter(owner=owner)
    named = beside.only("sealed_name")
    if _folded(name) in {_folded(name_of(one)) for one in named}:
        who = f"The team {team.name} has" if team else "You have"
        raise Refused(f"{who} a template of this name already. Choose another name.")


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _store(
    template: PromptTemplate,
    name: str,
    text: str,
    team: Team | None,
    action: str,
    actor: Actor,
) -> PromptTemplate:
    pk = template.pk
    template.sealed_name = sealed.close(name, kind=sealed.PROMPT_NAME, row=pk)
    template.sealed_text = sealed.close(text, kind=sealed.PROMPT_TEXT, row=pk)
    template.team = team
    template.changed_at = timezone.now()
    template.save()
    if team:
        _record(action, template, team, actor)
    return template


def _record(action: str, template: PromptTemplate, team: Team, actor: Actor) -> None:
    """Note what a team sees change; a person's own template is theirs alone."""
    trail.record(
        action=action,
        actor=actor,
        object_kind="prompt_template",
        object_id=str(template.pk),
        object_name="a prompt template",
        team_id=team.pk,
    )

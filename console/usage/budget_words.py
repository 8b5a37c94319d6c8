"""What a budget is called. Pure; pages, refusals, alerts and the audit log use it."""

from __future__ import annotations

from typing import Final

from console.accounts.models import User
from console.lib.redact import escaped
from console.usage.models import Budget, Span

ADJECTIVES: Final = {Span.DAY: "daily", Span.WEEK: "weekly", Span.MONTH: "monthly"}


def name_of(budget: Budget) -> str:
    """Return such as "daily budget of each person in the team Search".

    Its team, person, key and model are read with it.
    """
    return f"{ADJECTIVES[Span(budget.span)]} budget of {subject_of(budget)}"


def subject_of(budget: Budget) -> str:
    """Return whose calls a budget counts, or calls with what."""
    words: list[str] = []
    if budget.each_person:
        words.append("each person")
    elif budget.consumer:
        words.append(called(budget.consumer.person))
    if budget.team:
        words.append(f"in the team {budget.team.name}")
    if budget.key:
        words.append(f"with the key {budget.key.label}")
    if budget.model:
        words.append(f"for the model {escaped(budget.model.model_id)}")
    # The first one stands alone, without the word that joins it to one before.
    subject = " ".join(words)
    for joint in ("in ", "with ", "for "):
        subject = subject.removeprefix(joint)
    return subject or "the whole organisation"


def called(person: User) -> str:
    """Return how a person is named."""
    return person.name or person.username


def capital(words: str) -> str:
    """Begin words as sentences begin."""
    return words[:1].upper() + words[1:]

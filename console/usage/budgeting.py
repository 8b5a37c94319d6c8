"""What people do about budgets: set, change and end them (`raising` has the raises).

    set -> change -> end            windows of now follow in the same transaction
      +-> raise -> take back

An act first lets nobody begin a call (`_hold`): calls that are being opened are in its
sums, those after it meet its limits. It ends with its entry in the audit log.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import DateTimeField, Func, Value
from django.db.models.functions import Now
from django.utils import timezone

from console.accounts.models import Team, User
from console.audit import trail
from console.audit.actors import Actor
from console.catalog.models import LanguageModel
from console.keys.models import ApiKey
from console.usage import budget_history, budget_words, ids, windows
from console.usage.allowance import RELATED, window_of
from console.usage.models import (
    Budget,
    BudgetWindow,
    Consumer,
    Endpoint,
    RecordState,
    Span,
    UsageRecord,
)

# Ids tell milliseconds: so whose call began before it is the same by time and by id.
NEXT_MILLISECOND: Final = Func(
    Value("milliseconds"),
    Now(),
    function="date_trunc",
    output_field=DateTimeField(),
) + timedelta(milliseconds=1)


class Refused(Exception):
    """An act that is refused to everybody; nothing was changed."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class AlreadySet(Refused):
    """There is such a budget: this one."""

    def __init__(self, sentence: str, budget_id: UUID | None) -> None:
        super().__init__(sentence)
        self.budget_id = budget_id  # None: it has ended meanwhile


class Contradicts(Refused):
    """No call can be all that the budget would count."""


class Ended(Refused):
    """Somebody ended the budget, or the raise, meanwhile."""


class ChangedMeanwhile(Refused):
    """Somebody changed the budget since its form was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Which calls a budget counts; nothing named: all of them together."""

    team: Team | None = None
    person: User | None = None
    each_person: bool = False
    key: ApiKey | None = None
    model: LanguageModel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What may be changed of a budget."""

    limit_ticks: int
    hard: bool
    contact: User  # whom to ask for more
    note: str = ""

    @classmethod
    def of(cls, budget: Budget) -> Terms:
        """Return those of a budget."""
        return cls(
            limit_ticks=budget.limit_ticks,
            hard=budget.hard,
            contact=budget.contact,
            note=budget.note,
        )

    def in_words(self) -> dict[str, Any]:
        """Return them for the audit log."""
        return {
            "limit_ticks": self.limit_ticks,
            "hard": self.hard,
            "contact": self.contact.username,
            "note": self.note,
        }


@transaction.atomic
def set_budget(*, subject: Subject, span: Span, terms: Terms, actor: Actor) -> Budget:
    """Begin a budget; its first window has what its calls came to so far.

    Raises AlreadySet, Contradicts, or vault.Sealed if it cannot be recorded.
    """
    _refuse_contradiction(subject)
    _hold()
    consumer = None
    if subject.person:
        consumer, _ = Consumer.objects.get_or_create(person=subject.person)
    counted: dict[str, Any] = {
        "team": subject.team,
        "consumer": consumer,
        "key": subject.key,
        "model": subject.model,
        "each_person": subject.each_person,
        "span": span,
    }
    try:
        with transaction.atomic():
            made = Budget.objects.create(
                **counted,
                limit_ticks=terms.limit_ticks,
                hard=terms.hard,
                contact=terms.contact,
                note=terms.note,
                created_at=Now(),
            )
    except IntegrityError:
        there = Budget.objects.filter(**counted, ended_at=None).first()
        raise AlreadySet(
            f"There is such a budget for {span.label} already. Change that one.",
            there.pk if there else None,
        ) from None
    budget = Budget.objects.select_related(*RELATED).get(pk=made.pk)
    windows.make([(budget.pk, one) for one in _counted(budget)])
    record("budget.set", budget, actor, {"after": terms.in_words()})
    return budget


@transaction.atomic
def set_budgets(
    *, subject: Subject, limits: Mapping[Span, int], terms: Terms, actor: Actor
) -> list[Budget]:
    """Begin a budget for each of these spans, or none; otherwise as `set_budget`."""
    return [
        set_budget(
            subject=subject,
            span=span,
            terms=replace(terms, limit_ticks=limit_ticks),
            actor=actor,
        )
        for span, limit_ticks in limits.items()
    ]


@transaction.atomic
def change(
    *, budget: Budget, terms: Terms, actor: Actor, seen: int | None = None
) -> bool:
    """Give a budget other terms, from now on; return whether they differ.

    What was spent in its window stays. `seen` is the version its maker looked at
    (`budget_history`); None: whichever there is. Raises Ended, ChangedMeanwhile and
    vault.Sealed.
    """
    budget = held(budget)
    before = Terms.of(budget)
    if before == terms:
        return False
    if seen is not None and seen < budget_history.version_of(budget):
        raise ChangedMeanwhile(
            f"{budget_history.changes_since(budget, seen)} What you typed is below: "
            "save it again to put it in the place of that."
        )
    Budget.objects.filter(pk=budget.pk).update(
        limit_ticks=terms.limit_ticks,
        hard=terms.hard,
        contact=terms.contact,
        note=terms.note,
    )
    _current(budget).update(limit_ticks=terms.limit_ticks, hard=terms.hard)
    old, new = before.in_words(), terms.in_words()
    changed = [name for name in new if new[name] != old[name]]
    detail = {
        "before": {name: old[name] for name in changed},
        "after": {name: new[name] for name in changed},
    }
    record("budget.changed", budget, actor, detail)
    return True


@transaction.atomic
def end(*, budget: Budget, actor: Actor) -> None:
    """End a budget: its windows end now, and count the calls that began before.

    Raises Ended and vault.Sealed.
    """
    budget = held(budget)
    Budget.objects.filter(pk=budget.pk).update(ended_at=Now())
    budget.raises.filter(ended_at=None, until__gt=Now()).update(ended_at=Now())
    _current(budget).update(ends_at=NEXT_MILLISECOND)
    record("budget.ended", budget, actor, {"before": Terms.of(budget).in_words()})


def _refuse_contradiction(subject: Subject) -> None:
    key, team = subject.key, subject.team
    if key and team and key.team_id != team.pk:
        raise Contradicts(
            f"{key.label} is a key of {key.team.name}, so no call with it is one of "
            f"{team.name}. Leave out the team or the key."
        )


def _hold() -> None:
    """Let no record be written until this transaction ends, as `windows.make` does."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE usage_usagerecord IN SHARE ROW EXCLUSIVE MODE")


def held(budget: Budget) -> Budget:
    """Return the budget as it is while nobody else acts on it. Raises Ended."""
    _hold()
    budget = Budget.objects.select_related(*RELATED).get(pk=budget.pk)
    if budget.ended_at is not None:
        raise Ended(budget_history.ending_of(budget))
    return budget


def _current(budget: Budget) -> Any:
    return BudgetWindow.objects.filter(budget=budget, ends_at__gt=Now())


def _counted(budget: Budget) -> Iterator[int | None]:
    """Yield whose window of now to begin: of each person, those who have called."""
    if not budget.each_person:
        yield budget.consumer_id
        return
    starts_at, _ = window_of(Span(budget.span), timezone.now())
    subjects: dict[str, UUID] = {
        name: value
        for name in ("team_id", "key_id", "model_id")
        if (value := getattr(budget, name)) is not None
    }
    calls = UsageRecord.objects.filter(pk__gte=ids.first_id(starts_at), **subjects)
    calls = calls.exclude(endpoint=Endpoint.TOKENIZE)
    calls = calls.exclude(state=RecordState.RELEASED)
    yield from calls.order_by("consumer").values_list("consumer", flat=True).distinct()


def record(action: str, budget: Budget, actor: Actor, detail: dict[str, Any]) -> None:
    """Write the entry of an act on a budget, at the end of its transaction."""
    team_id = budget.team_id or (budget.key.team_id if budget.key else None)
    trail.record(
        action=action,
        actor=actor,
        object_kind="budget",
        object_id=str(budget.pk),
        object_name=budget_words.name_of(budget),
        # What one person may spend is no affair of their team.
        team_id=None if budget.consumer_id else team_id,
        detail=detail,
    )

"""Writing the story, as if the poller had looked at each of its moments.

    quiet time up to a moment -> keys -> lists of models -> calls up to the next one
                                  |            |
                            incidents, and what ada said of them

Everything that differs from look to look is written by the writers the poller uses,
at the time of the look; so prices, changes, their effects and incidents are what they
would have become. The audit trail says when it was written, which is now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from console import xai
from console.accounts.models import Team, User
from console.alerts import acting, incidents, model_changes
from console.alerts.models import Incident
from console.audit.actors import Actor
from console.catalog import costs
from console.catalog.models import PriceVersion
from console.keys import observations, reviewing
from console.keys.failures import REJECTED_AFTER, UNREACHABLE_AFTER
from console.keys.models import ApiKey, KeyChange, Review
from console.keys.observations import KeyAnswer
from console.pages.samples import quiet, story
from console.pages.samples.calls import SampleCall, between, calls, ending_of
from console.pages.samples.telling import Lists, Telling
from console.sandbox.world import Key
from console.usage import ledger, repricing
from console.usage.ledger import Opening, Past

LOOKS_TAKE: Final = timedelta(minutes=30)  # of all keys of all teams
BETWEEN_TEAMS: Final = timedelta(minutes=7)
BETWEEN_KEYS: Final = timedelta(seconds=20)
ANSWERED_AFTER: Final = timedelta(hours=5)  # by ada
SEEN: Final = "Seen, and the teams know."


class Writer:
    """Writes the story, and remembers what was told last to whom."""

    def __init__(
        self,
        telling: Telling,
        *,
        keys: Mapping[str, ApiKey],
        people: Mapping[str, User],
        actor: Actor,
    ) -> None:
        """`keys` are the stored keys by their names at xAI, `people` by username."""
        self._telling, self._people, self._actor = telling, people, actor
        self._keys = keys
        self._began = timezone.now()
        self._told: dict[UUID, object] = {}  # the last answer of each key, or its error
        self._lists: dict[UUID, Lists] = {}  # of the keys that are told lists
        self._order = [team.id for team in telling.world.teams]

    def write(self) -> None:
        """Write all of it, inside a transaction, into a database without a past."""
        self._date_back()
        made = calls(self._telling)
        for at, following in pairwise([*self._telling.moments(), self._telling.now]):
            self._pass_quietly(at)
            self._look_at_keys(at)
            self._look_at_lists(at)
            self._book(between(made, at + LOOKS_TAKE, following))
        self._be_quiet(self._telling.now, lists_at=self._telling.now)

    def _date_back(self) -> None:
        """Let teams, people and keys be as old as what is told of them."""
        start = self._telling.start
        Team.objects.update(created_at=start)
        User.objects.update(created_at=start)
        for key in self._telling.stored():
            row = ApiKey.objects.filter(pk=self._keys[key.name].pk)
            row.update(created_at=self._telling.stored_at(key))

    def _pass_quietly(self, at: datetime) -> None:
        """Write that nothing changed up to the last polls before a moment."""
        down_from, down_until = map(self._telling.ago, story.OUTAGE)
        until = down_from if at == down_until else at
        self._be_quiet(
            until - settings.XAI_POLL_EVERY,
            lists_at=until - settings.XAI_POLL_MODELS_EVERY,
        )
        if at == down_until:
            self._told = dict.fromkeys(self._told)  # each is looked at anew

    def _be_quiet(self, at: datetime, *, lists_at: datetime) -> None:
        silent = [pk for pk, told in self._told.items() if _is_error(told)]
        quiet.keys_seen(self._told.keys() - set(silent), silent, at)
        quiet.lists_seen(self._lists.keys(), lists_at)

    def _look_at_keys(self, at: datetime) -> None:
        """Ask about all keys that are not as they were told last."""
        answers, changed = [], set()
        for key in self._telling.stored():
            stored = self._keys[key.name]
            told = self._telling.key_told(key, at)
            known = self._told.get(stored.pk)
            if at < self._telling.stored_at(key) or _is_same(told, known):
                continue
            if isinstance(told, xai.KeyInfo):
                answers.append(KeyAnswer(stored.pk, stored.secret_version, told, at))
            else:
                self._fail(stored, told, at, again=stored.pk in self._told)
            changed.add(stored.pk)
            self._told[stored.pk] = told
        observations.record_answers(answers)
        incidents.reconcile(changed)
        self._date_incidents(at, closed=at)
        for key in self._telling.stored():
            if self._keys[key.name].pk in changed:
                self._review(key, at)

    def _fail(
        self, stored: ApiKey, error: xai.XaiError, at: datetime, *, again: bool
    ) -> None:
        """Ask as often as it takes to know that a key is refused, or silent."""
        wait = max(settings.XAI_POLL_EVERY, REJECTED_AFTER)
        for n in range(1 if again else UNREACHABLE_AFTER):
            observations.record_failure(
                api_key=stored, error=error, seen_at=at + n * wait
            )

    def _review(self, key: Key, at: datetime) -> None:
        """Let ada confirm a change that was made outside, if she had a word for it."""
        note = self._telling.note_on(key, at)
        change = KeyChange.objects.filter(
            key=self._keys[key.name], gap_until=at, review=Review.WAITING
        ).first()
        if change is None or not note:
            return
        reviewing.confirm(
            change=change, note=note, actor=self._actor, by=self._people["ada"]
        )
        said_at = at + ANSWERED_AFTER
        rows = KeyChange.objects.filter(key=change.key_id, gap_until=at)
        rows.exclude(reviewed_at=None).update(reviewed_at=said_at)
        self._date_incidents(at, closed=said_at)

    def _look_at_lists(self, at: datetime) -> None:
        """Ask for the models with each key whose lists are not as it was told last."""
        asked: dict[str, list[tuple[Key, Lists]]] = {}
        for key in self._telling.stored():
            stored = self._keys[key.name]
            told = self._telling.lists_told(key, at)
            if told is None or stored.pk not in self._told:
                self._lists.pop(stored.pk, None)
            elif told != self._lists.get(stored.pk):
                self._lists[stored.pk] = told
                asked.setdefault(key.team_id, []).append((key, told))
        for team, looks in asked.items():
            begun = at + self._order.index(team) * BETWEEN_TEAMS
            # The key that sees most comes first: what it is told, others may miss.
            looks.sort(key=lambda look: -len(look[1][0].models))
            for n, (key, told) in enumerate(looks):
                self._record_lists(key, told, begun + n * BETWEEN_KEYS)
        if at < self._telling.ago(story.OPEN_FROM):
            self._acknowledge(at)

    def _record_lists(self, key: Key, told: Lists, seen_at: datetime) -> None:
        listed, models = told
        seen = observations.record_models(
            api_key=self._keys[key.name], listed=listed, models=models, seen_at=seen_at
        )
        repricing.record_effects(seen.sights)
        model_changes.note(seen.sights)
        self._date_incidents(seen_at, closed=seen_at)

    def _acknowledge(self, at: datetime) -> None:
        """Let ada acknowledge what is open about models and prices."""
        rows = Incident.objects.open().filter(kind__in=acting.ENDS_WHEN_KNOWN)
        for incident in rows:
            acting.acknowledge(
                incident=incident, note=SEEN, by=self._people["ada"], actor=self._actor
            )
        self._date_incidents(at, closed=at + ANSWERED_AFTER)

    def _date_incidents(self, opened: datetime, *, closed: datetime) -> None:
        """Give what was just opened, acknowledged or closed the times of the story."""
        since = self._began
        Incident.objects.filter(opened_at__gte=since).update(opened_at=opened)
        Incident.objects.filter(acknowledged_at__gte=since).update(
            acknowledged_at=closed
        )
        Incident.objects.filter(closed_at__gte=since).update(closed_at=closed)

    def _book(self, made: Sequence[SampleCall]) -> None:
        """Write calls, at the prices that their teams were told last."""
        newest = PriceVersion.objects.newest().filter(missing_at=None)
        prices = {
            (price.team_id, price.model.model_id): price
            for price in newest.select_related("model")
        }
        ledger.record_past([self._past(call, prices) for call in made])

    def _past(
        self, call: SampleCall, known: Mapping[tuple[UUID, str], PriceVersion]
    ) -> Past:
        key = self._keys[call.key.name]
        price = known.get((key.team_id, call.model))
        prices = costs.Prices.of(price) if price else None
        return Past(
            opening=Opening(
                person=self._people[call.habit.person],
                key=key,
                endpoint=call.habit.endpoint,
                model_asked=call.habit.model,
                model=price.model if price else None,
                price=price,
                ceiling_ticks=None,
            ),
            ending=ending_of(call, prices),
            opened_at=call.at,
            settled_at=call.at + call.lasted,
        )


def _is_error(told: object) -> bool:
    return isinstance(told, xai.XaiError)


def _is_same(told: object, known: object) -> bool:
    """Tell whether a look would bring nothing new; two errors of one key are alike."""
    return told == known or (_is_error(told) and _is_error(known))

"""Writing the story, as if the poller had looked at each of its moments.

    quiet time up to a moment -> keys -> lists of models -> calls up to the next one
                                  |            |
                            incidents, and what ada said of them

Everything that differs from look to look is written by the writers the poller uses,
at the time of the look; so prices, changes, their effects and incidents are what they
would have become. The audit trail says when it was written, which is now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Case, F, Q, Value, When
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
from console.pages.samples.telling import Answer, Telling, lists_of
from console.sandbox.models import Model
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
        self._told: dict[UUID, Answer] = {}  # the last one of each key
        self._lists: dict[UUID, list[Model]] = {}  # of the keys that are told lists
        self._order = [team.id for team in telling.world.teams]
        self._calls = calls(telling)
        self._booked_until = telling.start

    def write(self) -> None:
        """Write all of it, inside a transaction, into a database without a past."""
        now = self._telling.now
        self._date_back()
        for at in self._telling.moments():
            self._look_at_keys(at)
            self._look_at_lists(at)
        self._book(until=now)
        self._keys_were_quiet(self._told, until=now)
        quiet.lists_seen(self._lists, until=now)
        quiet.note_teams(asked=self._told, looking=self._lists, until=now)

    def _date_back(self) -> None:
        """Let teams, people and keys be as old as what is told of them."""
        start = self._telling.start
        Team.objects.update(created_at=start)
        User.objects.update(created_at=start)
        for key in self._telling.stored():
            row = ApiKey.objects.filter(pk=self._keys[key.name].pk)
            row.update(created_at=self._telling.stored_at(key))

    def _look_at_keys(self, at: datetime) -> None:
        """Ask about the keys that are not as they were told last."""
        told: dict[UUID, Answer] = {}
        for key in self._telling.stored():
            pk, answer = self._keys[key.name].pk, self._telling.key_told(key, at)
            is_stored = at >= self._telling.stored_at(key)
            if is_stored and not _is_same(answer, self._told.get(pk)):
                told[pk] = answer
        quiet_until = at - settings.XAI_POLL_EVERY
        if at == self._telling.ago(story.OUTAGE[1]):
            quiet_until = self._telling.ago(story.OUTAGE[0])
            told = self._told | told  # each is asked about anew
        if told:
            self._keys_were_quiet(told, until=quiet_until)
            self._record_keys(told, at)

    def _keys_were_quiet(self, keys: Iterable[UUID], *, until: datetime) -> None:
        known = {pk: self._told[pk] for pk in keys if pk in self._told}
        silent = {pk for pk, told in known.items() if isinstance(told, xai.XaiError)}
        quiet.keys_seen(known.keys() - silent, silent=silent, until=until)

    def _record_keys(self, told: Mapping[UUID, Answer], at: datetime) -> None:
        answers = []
        for stored in self._keys.values():
            match told.get(stored.pk):
                case xai.KeyInfo() as info:
                    version = stored.secret_version
                    answers.append(KeyAnswer(stored.pk, version, info, at))
                case xai.XaiError() as error:
                    self._record_failures(stored, error, at)
        self._told |= told
        observations.record_answers(answers)
        incidents.reconcile(told.keys())
        self._date_incidents(at, closed=at)
        for key in self._telling.stored():
            if self._keys[key.name].pk in told:
                self._review(key, at)

    def _record_failures(
        self, stored: ApiKey, error: xai.XaiError, at: datetime
    ) -> None:
        """Ask as often as it takes to know that a key is refused, or silent."""
        wait = max(settings.XAI_POLL_EVERY, REJECTED_AFTER)
        for n in range(1 if stored.pk in self._told else UNREACHABLE_AFTER):
            observations.record_failure(
                api_key=stored, error=error, seen_at=at + n * wait
            )

    def _review(self, key: Key, at: datetime) -> None:
        """Let ada confirm a change that was made outside, if she had a word for it."""
        note = self._telling.note_on(key, at)
        waiting = KeyChange.objects.filter(
            key=self._keys[key.name], gap_until=at, review=Review.WAITING
        )
        change = waiting.first() if note else None
        if change is None:
            return
        reviewing.confirm(
            change=change, note=note, actor=self._actor, by=self._people["ada"]
        )
        said_at = at + ANSWERED_AFTER
        rows = KeyChange.objects.filter(key=change.key_id, gap_until=at)
        rows.exclude(reviewed_at=None).update(reviewed_at=said_at)
        self._date_incidents(at, closed=said_at)

    def _look_at_lists(self, at: datetime) -> None:
        """Ask for the models with the keys whose lists are not as they were told."""
        asked: dict[str, list[tuple[Key, list[Model]]]] = {}
        for key in self._telling.stored():
            pk, told = self._keys[key.name].pk, self._telling.shown_to(key, at)
            if told is None or pk not in self._told:
                self._lists.pop(pk, None)
            elif told != self._lists.get(pk):
                asked.setdefault(key.team_id, []).append((key, told))
        if not asked:
            return
        self._book(until=at)
        quiet.lists_seen(self._lists, until=at - settings.XAI_POLL_MODELS_EVERY)
        for team, looks in asked.items():
            self._look_with(looks, at + self._order.index(team) * BETWEEN_TEAMS)
        if at < self._telling.ago(story.OPEN_FROM):
            self._acknowledge(at)

    def _look_with(self, looks: list[tuple[Key, list[Model]]], at: datetime) -> None:
        """Ask with keys of one team, first with the one that sees most.

        What that is told, the others would only miss or confirm: one that sees the
        same models as before is left to the quiet time.
        """
        looks.sort(key=lambda look: -len(look[1]))
        for n, (key, told) in enumerate(looks):
            pk = self._keys[key.name].pk
            before, self._lists[pk] = self._lists.get(pk), told
            if n == 0 or before is None or _ids(before) != _ids(told):
                self._record_lists(key, told, at + n * BETWEEN_KEYS)

    def _record_lists(self, key: Key, told: list[Model], seen_at: datetime) -> None:
        listed, models = lists_of(told)
        seen = observations.record_models(
            api_key=self._keys[key.name], listed=listed, models=models, seen_at=seen_at
        )
        if seen.sights:
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
        times = {
            "opened_at": opened,
            "acknowledged_at": closed,
            "closed_at": closed,
        }
        just_now = [Q(**{f"{field}__gte": since}) for field in times]
        Incident.objects.filter(just_now[0] | just_now[1] | just_now[2]).update(
            **{
                field: Case(When(when, then=Value(at)), default=F(field))
                for (field, at), when in zip(times.items(), just_now, strict=True)
            }
        )

    def _book(self, *, until: datetime) -> None:
        """Write calls, at the prices that their teams were told last."""
        made = between(self._calls, self._booked_until, until)
        self._booked_until = until + LOOKS_TAKE
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


def _is_same(told: Answer, known: Answer | None) -> bool:
    """Tell whether a look brings nothing new; two errors of one key are alike."""
    if isinstance(told, xai.XaiError):
        return isinstance(known, xai.XaiError)
    return told == known


def _ids(models: list[Model]) -> list[str]:
    return [model.id for model in models]

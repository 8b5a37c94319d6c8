"""What the sandbox would have answered at any moment of the story. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from console import xai
from console.pages.samples import story
from console.sandbox import acls
from console.sandbox.control import Snapshot
from console.sandbox.models import Model
from console.sandbox.world import Key

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
Answer = xai.KeyInfo | xai.XaiError  # of /v1/api-key


@dataclass(frozen=True, slots=True)
class Telling:
    """The story of one world, which ends `now`."""

    world: Snapshot
    now: datetime

    def ago(self, days: float) -> datetime:
        """Return the moment so many days before the end."""
        return self.now - days * DAY

    @property
    def start(self) -> datetime:
        """Return when the first look was made."""
        return self.ago(story.DAYS)

    def moments(self) -> list[datetime]:
        """Return when something changed, the first look among it; oldest first."""
        days = [one.since for one in story.MODELS] + [one.until for one in story.MODELS]
        days += [story.DAYS, story.OUTAGE[1]]
        found = {self.ago(day) for day in days}
        for then in story.KEYS:
            found |= set(self._time_of(then))
        found |= {self.stored_at(key) for key in self.stored()}
        return sorted(at for at in found if self.start <= at <= self.now - HOUR)

    def stored(self) -> list[Key]:
        """Return the keys that Gatehouse stores, as they are now."""
        return [key for key in self.world.keys if not key.spare]

    def stored_at(self, key: Key) -> datetime:
        """Return when Gatehouse got to know a key: soon after it was made."""
        return max(self.start, _instant(key.create_time) + HOUR)

    def team_of(self, key: Key) -> str:
        """Return the name of a key's team."""
        return next(team.name for team in self.world.teams if team.id == key.team_id)

    def note_on(self, key: Key, at: datetime) -> str:
        """Return what was said of the change that a look at this moment found."""
        ended = (then for then in _of_key(key) if self._time_of(then)[1] == at)
        return next((then.note for then in ended), "")

    def key(self, key: Key, at: datetime) -> Key:
        """Return what a key was."""
        for then in _of_key(key):
            since, until = self._time_of(then)
            if since <= at < until:
                key = replace(key, **then.facts)
                if then.until is None:  # nobody had modified it yet
                    key = replace(
                        key, modify_time=key.create_time, modified_by=key.user_id
                    )
        return key

    def key_told(self, key: Key, at: datetime) -> Answer:
        """Return the answer of /v1/api-key."""
        if any(fault.api_key_id == key.api_key_id for fault in self.world.faults):
            return xai.UpstreamDown(xai.Cause.SERVER_ERROR, status=503)
        if not key.accepted:
            return xai.KeyRejected(xai.Cause.WRONG_KEY, status=400)
        team = next(team for team in self.world.teams if team.id == key.team_id)
        return xai.KeyInfo.from_json(self.key(key, at).told(team))

    def shown_to(self, key: Key, at: datetime) -> list[Model] | None:
        """Return the models that a key is told of; None: it is refused the lists."""
        then, info = self.key(key, at), self.key_told(key, at)
        if not isinstance(info, xai.KeyInfo) or not acls.allows_endpoint(
            then.acls, "models"
        ):
            return None
        if info.team_blocked or info.api_key_blocked or info.api_key_disabled:
            return None
        return [
            model
            for model in self.models(self.team_of(key), at)
            if acls.allows_model(then.acls, model.names)
        ]

    def models(self, team: str, at: datetime) -> list[Model]:
        """Return the models on offer to a team."""
        found = [self._model(one, team, at) for one in self.world.models]
        return [one for one in found if not one.retired]

    def _model(self, model: Model, team: str, at: datetime) -> Model:
        for then in story.MODELS:
            holds = self.ago(then.since) <= at < self.ago(then.until)
            if then.model == model.id and then.team in ("", team) and holds:
                retired = model.retired or not then.listed
                model = replace(model, retired=retired, **then.facts)
        return model

    def _time_of(self, then: story.KeyThen) -> tuple[datetime, datetime]:
        if then.until is not None:
            return self.ago(then.since), self.ago(then.until)
        key = next((one for one in self.world.keys if one.name == then.key), None)
        return self.ago(then.since), _instant(key.modify_time) if key else self.start


def lists_of(shown: list[Model]) -> tuple[xai.LanguageModelList, xai.ModelList]:
    """Return the answers of /v1/language-models and /v1/models."""
    models = [model.listing() for model in shown]
    language = [one.language_entry() for one in shown if one.kind == "language"]
    return (
        xai.LanguageModelList.from_json({"models": language}),
        xai.ModelList.from_json({"data": models, "object": "list"}),
    )


def _of_key(key: Key) -> Iterable[story.KeyThen]:
    return (then for then in story.KEYS if then.key == key.name)


def _instant(written: str) -> datetime:
    return datetime.fromisoformat(written)

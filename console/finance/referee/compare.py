"""A price file beside what xAI tells: one row per price or missing model. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.finance.referee.cases import Other
from console.finance.referee.formats import Feed, Shape
from console.finance.referee.judge import Judge
from console.finance.referee.quotes import Entry, shown
from console.finance.referee.verdicts import Model, Row, Verdict


@dataclass(frozen=True, slots=True)
class Catalog:
    """xAI's models by id and by alias."""

    by_id: dict[str, Model]
    by_alias: dict[str, Model]

    @classmethod
    def of(cls, models: Sequence[Model]) -> Catalog:
        """Index the models; of two with one alias, a listed one has it."""
        by_alias: dict[str, Model] = {}
        for model in sorted(models, key=lambda one: (not one.told, one.model_id)):
            for alias in model.aliases:
                by_alias.setdefault(alias, model)
        return cls({model.model_id: model for model in models}, by_alias)

    def find(self, entry: Entry) -> Model | None:
        """Return the model that an entry is about, listed or not."""
        return self.by_id.get(entry.model) or self.by_alias.get(entry.model)


def compare(feed: Feed, models: Sequence[Model]) -> list[Row]:
    """Return the rows in the order of the file, then what it does not have."""
    catalog = Catalog.of(models)
    others = tuple(
        Other(model.model_id, told.prices) for model in models for told in model.sound
    )
    rows: list[Row] = []
    for entry in feed.entries:
        model = catalog.find(entry)
        if model is None or not model.told:
            rows.append(_extra(entry, model))
        else:
            rows += Judge(entry, model, others, feed.shape is Shape.LITELLM).rows()
    return rows + [_missing(model) for model in missing(feed, models)]


def missing(feed: Feed, models: Sequence[Model]) -> list[Model]:
    """Return the models that xAI lists and the file has under no name of theirs."""
    names = {entry.model for entry in feed.entries}
    return [
        model
        for model in models
        if model.told and names.isdisjoint({model.model_id, *model.aliases})
    ]


def _missing(model: Model) -> Row:
    name = shown(model.model_id)
    return Row(
        verdict=Verdict.MISSING,
        name=name,
        model_id=name,
        note="Its costs are unknown to whoever uses this file",
    )


def _extra(entry: Entry, model: Model | None) -> Row:
    note = "No team you see was ever told of it"
    if model is not None and model.gone_at is not None:
        note = f"Not in xAI's list since {model.gone_at:%-d %b %Y}"
    return Row(
        verdict=Verdict.EXTRA,
        name=entry.name,
        model_id=shown(model.model_id) if model else "",
        note=note,
    )

"""What xAI tells of a model, and what comes out for one price of a file. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.db.models import TextChoices

from console.catalog.costs import Prices
from console.finance.referee.cases import Past
from console.finance.referee.causes import Cause
from console.finance.referee.fields import Field
from console.finance.referee.quotes import Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What some teams are told now of one model."""

    prices: Prices
    teams: tuple[str, ...]  # some names, where other teams are told other prices
    team_count: int = 1
    sound: bool = True  # False: odd, and nobody has confirmed it


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model of xAI's list, as the teams of one person know it."""

    model_id: str
    aliases: tuple[str, ...] = ()
    context: int | None = None  # tokens
    told: tuple[Told, ...] = ()  # empty: it is listed no more
    past: tuple[Past, ...] = ()  # newest first
    gone_at: datetime | None = None  # of the first look without it
    seen_at: datetime | None = None  # of the newest look with it

    @property
    def sound(self) -> list[Told]:
        """What may be taken for true."""
        return [told for told in self.told if told.sound]


class Verdict(TextChoices):
    """What came out for one price, or for a model as a whole."""

    MISMATCH = "mismatch", "Mismatch"
    MATCH = "match", "Match"
    MISSING = "missing", "Missing in the file"
    EXTRA = "extra", "Not listed by xAI"
    NOT_JUDGED = "not_judged", "Not judged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the comparison."""

    verdict: Verdict
    name: str  # of the entry; of the model, where the file has none
    model_id: str = ""  # as xAI names it
    alias: str = ""  # by which the entry was matched; empty: by the id
    field: Field | None = None  # None: the row is about the whole model
    quote: Quote | None = None
    ticks: int | None = None  # xAI's price per token, or the threshold in tokens
    teams: tuple[str, ...] = ()  # whose price it is, where others are told another
    more_teams: int = 0  # of them, that are not named
    cause: Cause | None = None
    note: str = ""
    factor: Fraction | None = None  # file / xAI

    @property
    def distance(self) -> Fraction:
        """How many times off the price is; 0 where there is no factor."""
        return max(self.factor, 1 / self.factor) if self.factor else Fraction(0)

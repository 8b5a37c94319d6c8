"""One price that differs from xAI's, with all that may explain it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from console.catalog.costs import Prices
from console.finance.referee.fields import Field, worth
from console.finance.referee.quotes import Entry, Quote


@dataclass(frozen=True, slots=True)
class Past:
    """What a model cost until then; its successor was seen at that time."""

    prices: Prices
    until: datetime


@dataclass(frozen=True, slots=True)
class Other:
    """Another model, and what it costs now."""

    model_id: str
    prices: Prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One price that differs, with what may explain it."""

    field: Field
    quote: Quote
    entry: Entry
    prices: Prices  # xAI's, nearest to the file's
    per_token: bool  # the file's unit is one token, not a million
    past: tuple[Past, ...]  # newest first
    others: tuple[Other, ...]

    @property
    def usd(self) -> Fraction | None:
        """What the file says."""
        return self.quote.usd

    @property
    def told(self) -> Fraction:
        """What xAI tells."""
        return worth(self.prices, self.field) or Fraction(0)

    @property
    def factor(self) -> Fraction | None:
        """How many times xAI's price the file's is."""
        return self.usd / self.told if self.usd is not None and self.told else None

    def tells(self, field: Field) -> bool:
        """Tell whether the file's price is xAI's for another field."""
        return self.usd is not None and self.usd == worth(self.prices, field)

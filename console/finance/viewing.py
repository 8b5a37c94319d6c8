"""How a person looks at prices: for how much text, and in which mix of tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from console.accounts.models import User
from console.catalog.prices import PriceGroup
from console.finance.models import PriceUnit, PriceView

PAGE: Final = 650  # tokens; a page of 500 English words
TOKENS: Final = {
    PriceUnit.MILLION: 1_000_000,
    PriceUnit.THOUSAND: 1_000,
    PriceUnit.PAGE: PAGE,
}
MIX: Final = re.compile(r"([0-9]{1,4}):([0-9]{1,4}):([0-9]{1,4})")
MIXES: Final = ("70:20:10", "30:60:10", "90:0:10", "50:0:50", "10:0:90")


@dataclass(frozen=True, slots=True)
class Mix:
    """Parts of fresh input, cached input and output; only their ratio matters."""

    fresh: int = 70
    cached: int = 20
    output: int = 10

    def __str__(self) -> str:
        return f"{self.fresh}:{self.cached}:{self.output}"

    def price(self, group: PriceGroup) -> Fraction | None:
        """Return ticks per token of this mix; None if a price that matters is unknown.

        A cached price that was not told counts as the input price. Odd prices that
        nobody confirmed are not used.
        """
        if not group.is_sound:
            return None
        fresh = group.prompt_text_token_price
        cached = group.cached_prompt_text_token_price
        parts = (
            (self.fresh, fresh),
            (self.cached, fresh if cached is None else cached),
            (self.output, group.completion_text_token_price),
        )
        if any(part and price is None for part, price in parts):
            return None
        whole = self.fresh + self.cached + self.output
        return Fraction(sum(part * (price or 0) for part, price in parts), whole)


@dataclass(frozen=True, slots=True)
class Looks:
    """The unit and the mix of one person."""

    unit: PriceUnit = PriceUnit.MILLION
    mix: Mix = Mix()

    @property
    def tokens(self) -> int:
        """How many tokens a shown price is for."""
        return TOKENS[self.unit]


def mix_of(text: str) -> Mix | None:
    """Read a mix as "70:20:10"; None for anything else, and for a mix of nothing."""
    found = MIX.fullmatch(text.replace(" ", ""))
    if found is None or not any(map(int, found.groups())):
        return None
    return Mix(*map(int, found.groups()))


def looks_of(user: User) -> Looks:
    """Return how this person looks at prices."""
    view = PriceView.objects.filter(person=user).first()
    if view is None:
        return Looks()
    return Looks(PriceUnit(view.unit), Mix(view.fresh, view.cached, view.output))


def keep(*, user: User, unit: PriceUnit | None, mix: Mix | None) -> None:
    """Keep a unit, a mix, or both, for this person alone."""
    values: dict[str, object] = {} if unit is None else {"unit": unit}
    if mix is not None:
        values |= {"fresh": mix.fresh, "cached": mix.cached, "output": mix.output}
    PriceView.objects.update_or_create(person=user, defaults=values)

"""Judging the prices of one entry of a price file. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from console.catalog.costs import Prices
from console.finance.referee.cases import Case, Other
from console.finance.referee.causes import likely_cause
from console.finance.referee.fields import (
    Field,
    has_tier,
    may_be_absent,
    ticks_of,
    worth,
)
from console.finance.referee.quotes import Entry, Quote, QuotedTier, shown
from console.finance.referee.verdicts import Model, Row, Told, Verdict
from console.finance.referee.words import amount

ENDLESS: Final = Fraction(10**100)  # times off, where that cannot be said


@dataclass(frozen=True, slots=True)
class Judge:
    """Holds one entry against all that the teams are told of its model.

    A price that any of the teams is told is right. What is odd and unconfirmed is
    never taken for true, nor held against the file.
    """

    entry: Entry
    model: Model
    others: tuple[Other, ...]  # what else xAI sells
    per_token: bool  # the file's unit

    def rows(self) -> Iterator[Row]:
        """Yield one row for each price that the file has or should have."""
        for field, quote in self.entry.quotes.items():
            yield from self._rows(field, quote)
        tier, repeated = self._tiers()
        if tier is not None:
            yield from self._tier_rows(tier)
        elif not repeated and self._all_are(has_tier):
            yield self._tier_missing()
        for one in repeated:
            for field, quote in one.quotes.items():
                if quote.given:
                    yield from self._rows(field, quote)

    def _tiers(self) -> tuple[QuotedTier | None, list[QuotedTier]]:
        """Return the tier to judge, and those that repeat its prices."""
        told = {each.prices.long_context_threshold for each in self.model.told}
        own = [tier for tier in self.entry.tiers if tier.threshold is not None]
        right = [tier for tier in own if tier.threshold in told]
        repeated = [tier for tier in self.entry.tiers if tier.threshold is None]
        return next(iter(right or own), None), repeated

    def _tier_rows(self, tier: QuotedTier) -> Iterator[Row]:
        if any(told.prices.long_context_threshold for told in self.model.sound):
            tokens = Fraction(tier.threshold or 0)
            quote = Quote(tier.at, f"{tier.threshold}", tokens)
            yield from self._rows(Field.THRESHOLD, quote)
        for field, quote in tier.quotes.items():
            yield from self._rows(field, quote)

    def _tier_missing(self) -> Row:
        """Say so once; what the file has for long prompts is its standard price."""
        usd, sound = self.entry.usd(Field.INPUT), self.model.sound
        right = [told for told in sound if usd == _of(told, Field.INPUT)]
        told = next(iter(right or sound))
        place = "…_above_…_tokens" if self.per_token else "cost.tiers"
        row = self._mismatch(Field.THRESHOLD, Quote(place), told)
        long = _of(told, Field.LONG_INPUT)
        if right and usd is not None and long:
            return replace(row, factor=usd / long)
        # Its own mistake has a row of its own, and is not counted twice.
        return replace(row, note=f"{row.note}. {self._why_no_factor(told)}")

    def _why_no_factor(self, told: Told) -> str:
        """Say what is wrong with the file's input price, and what xAI's two are."""
        quote = self.entry.quotes[Field.INPUT]
        wrong = "is itself wrong"
        if quote.usd is None:
            wrong = "is no price" if quote.given else "is missing"
        standard, long = _of(told, Field.INPUT), _of(told, Field.LONG_INPUT)
        return (
            f"Its input price {wrong}, so there is no factor; at xAI input costs "
            f"${amount(long)} per 1M tokens there, in place of ${amount(standard)}"
        )

    def _rows(self, field: Field, quote: Quote) -> Iterator[Row]:
        """Yield the verdict on one price; nothing where neither side has one."""
        known = [
            told for told in self.model.sound if worth(told.prices, field) is not None
        ]
        if not quote.given:
            if self._all_are(lambda prices: _is_due(prices, field)):
                yield self._mismatch(field, quote, known[0])
            return
        right = [told for told in self.model.told if quote.usd == _of(told, field)]
        if quote.usd is not None and any(told.sound for told in right):
            told = next(told for told in right if told.sound)
            row = self._row(Verdict.MATCH, field, quote, told)
            yield replace(row, factor=Fraction(1) if quote.usd else None)
        elif not known or (quote.usd is not None and right):
            yield self._not_judged(field, quote)
        else:
            yield self._mismatch(field, quote, _nearest(known, field, quote))

    def _mismatch(self, field: Field, quote: Quote, told: Told) -> Row:
        own = self.model.model_id
        case = Case(
            field=field,
            quote=quote,
            entry=self.entry,
            prices=told.prices,
            per_token=self.per_token,
            past=self.model.past,
            others=tuple(other for other in self.others if other.model_id != own),
        )
        cause, note = likely_cause(case)
        row = self._row(Verdict.MISMATCH, field, quote, told)
        return replace(row, cause=cause, note=note, factor=case.factor)

    def _not_judged(self, field: Field, quote: Quote) -> Row:
        if any(not told.sound for told in self.model.told):
            note = "xAI's price is odd and nobody has confirmed it"
        elif field.is_long:
            note = "xAI has not told the prices of long prompts"
        else:
            note = "xAI has not told this price"
        return replace(self._row(Verdict.NOT_JUDGED, field, quote, None), note=note)

    def _row(
        self, verdict: Verdict, field: Field, quote: Quote, told: Told | None
    ) -> Row:
        model = self.model
        differ = len({_of(each, field) for each in model.told}) > 1
        same = [
            each
            for each in model.sound
            if told and _of(each, field) == _of(told, field)
        ]
        names = {team for each in same for team in each.teams}
        number = sum(each.team_count for each in same)
        by_id = self.entry.model == model.model_id
        return Row(
            verdict=verdict,
            name=self.entry.name,
            model_id=shown(model.model_id),
            alias="" if by_id else shown(self.entry.model),
            field=field,
            quote=quote,
            ticks=ticks_of(told.prices, field) if told else None,
            teams=tuple(sorted(names)) if differ else (),
            more_teams=number - len(names) if differ else 0,
        )

    def _all_are(self, such: Callable[[Prices], bool]) -> bool:
        sound = self.model.sound
        return bool(sound) and all(such(told.prices) for told in sound)


def matching(entry: Entry, prices: Prices) -> int:
    """Count the prices of an entry that are these, to find whose they are."""
    quotes = [
        *entry.quotes.items(),
        *(pair for tier in entry.tiers for pair in tier.quotes.items()),
    ]
    return sum(
        quote.usd is not None and quote.usd == worth(prices, field)
        for field, quote in quotes
    )


def _of(told: Told, field: Field) -> Fraction | None:
    return worth(told.prices, field)


def _is_due(prices: Prices, field: Field) -> bool:
    """Tell whether a file must have the price."""
    if field.is_long and not has_tier(prices):
        return False
    return not may_be_absent(prices, field)


def _nearest(known: Sequence[Told], field: Field, quote: Quote) -> Told:
    """Return the price that is fewest times off; the first where that is moot."""

    def off(told: Told) -> Fraction:
        value = worth(told.prices, field)
        if not value or not quote.usd:
            return ENDLESS
        return max(value / quote.usd, quote.usd / value)

    return min(known, key=off)

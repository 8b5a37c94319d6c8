"""The page of the referee: which file, which rows of it, and what is said above."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final

from console.accounts.models import User
from console.finance.referee import files, words
from console.finance.referee.causes import Cause
from console.finance.referee.compare import compare
from console.finance.referee.correct import Correction, correct
from console.finance.referee.fields import XAI_NAMES, Field
from console.finance.referee.files import Choice, Source
from console.finance.referee.jsontext import decimal_text
from console.finance.referee.truth import models_for
from console.finance.referee.verdicts import Row, Verdict
from console.lib.export import Record
from console.lib.ticks import usd_per_million

ALL: Final = "all"
SORTS: Final = ("factor", "entry")
MOST_ROWS: Final = 300  # on the page; a file holds all
EXPORT_FIELDS: Final = (
    "verdict", "entry", "model", "by_alias", "field", "file_field", "xai_field",
    "written", "file_ticks", "file_usd_per_million", "xai_ticks",
    "xai_usd_per_million", "file_tokens", "xai_tokens",
    "teams_named_where_differing", "more_teams", "factor",
    "factor_exact", "cause", "note", "effect",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; every value is one that exists."""

    show: Verdict | None = Verdict.MISMATCH  # None: all
    kind: Cause | None = None
    sort: str = "factor"  # one of SORTS
    backwards: bool = True
    source: Source | None = None  # None: the first there is


@dataclass(frozen=True, slots=True)
class Chip:
    """One value of a filter, with how many rows it would show."""

    value: str
    label: str
    rows: int
    on: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A row as the page writes it."""

    row: Row
    file: str  # dollars per 1M tokens, or tokens
    exact: str  # the same in all its digits
    times: str
    fraction: str  # the factor, exactly
    effect: str

    @classmethod
    def of(cls, row: Row) -> Line:
        """Write one row."""
        usd = row.quote.usd if row.quote else None
        tokens = row.field is Field.THRESHOLD and usd is not None
        return cls(
            row=row,
            file=f"{int(usd or 0):,}" if tokens else words.amount(usd),
            exact=decimal_text(usd) if usd is not None else "",
            times=words.factor_text(row.factor),
            fraction=str(row.factor) if row.factor is not None else "",
            effect=words.effect(row),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All that the page shows."""

    choices: list[Choice]
    choice: Choice | None = None  # the file that is compared
    rows: Sequence[Row] = ()  # that the filters leave
    counts: Mapping[Verdict, int]
    shows: Sequence[Chip] = ()
    kinds: Sequence[Chip] = ()
    correction: Correction | None = None
    worst: Line | None = None  # the mismatch that is most times off
    models: int = 0  # that xAI lists
    read_at: datetime | None = None  # the newest look at xAI's prices

    @property
    def lines(self) -> list[Line]:
        """The rows of the page."""
        return [Line.of(row) for row in self.rows[:MOST_ROWS]]

    @property
    def unshown(self) -> int:
        """How many rows are left to the files."""
        return max(0, len(self.rows) - MOST_ROWS)


def filters_of(values: Mapping[str, object]) -> Filters:
    """Read the filters of the page's address; what makes no sense is left out."""
    show, kind = values.get("show"), values.get("kind")
    source, sort = values.get("from"), str(values.get("sort", "-factor"))
    name = sort.removeprefix("-")
    verdict = next((one for one in Verdict if one == show), Verdict.MISMATCH)
    return Filters(
        show=None if show == ALL else verdict,
        kind=next((one for one in Cause if one == kind), None),
        sort=name if name in SORTS else "factor",
        backwards=sort.startswith("-") or name not in SORTS,
        source=next((one for one in Source if one == source), None),
    )


def board(*, user: User, filters: Filters) -> Board:
    """Compare the chosen file for this person; as many queries whatever its size."""
    choices = files.choices(user)
    asked = [one for one in choices if one.source == filters.source]
    choice = next(iter(asked or choices), None)
    if choice is None or choice.feed is None:
        return Board(choices=choices, choice=choice, counts=Counter())
    models = models_for(user)
    rows = compare(choice.feed, models)
    wrong = [row for row in rows if row.verdict is Verdict.MISMATCH]
    worst = max(wrong, key=_rank, default=None)
    return Board(
        choices=choices,
        choice=choice,
        rows=_sorted(_kept(rows, filters), filters),
        counts=Counter(row.verdict for row in rows),
        shows=_shows(rows, filters),
        kinds=_kinds(wrong, filters),
        correction=correct(choice.feed, models),
        worst=Line.of(worst) if worst else None,
        models=sum(bool(model.told) for model in models),
        read_at=max((one.seen_at for one in models if one.seen_at), default=None),
    )


def records(found: Board) -> Iterator[Record]:
    """Yield the rows for a file: whole ticks, and dollars to the last digit."""
    for row in found.rows:
        line, tokens = Line.of(row), row.field is Field.THRESHOLD
        usd = row.quote.usd if row.quote else None
        ticks = usd * 10_000 if usd is not None and not tokens else None
        price = None if tokens else row.ticks
        yield {
            "verdict": row.verdict.value,
            "entry": row.name,
            "model": row.model_id or None,
            "by_alias": bool(row.alias),
            "field": row.field.label if row.field else None,
            "file_field": row.quote.at if row.quote else None,
            "xai_field": XAI_NAMES[row.field] if row.field else None,
            "written": row.quote.written or None if row.quote else None,
            "file_ticks": int(ticks)
            if ticks is not None and _is_whole(ticks)
            else None,
            "file_usd_per_million": None if tokens else line.exact or None,
            "xai_ticks": price,
            "xai_usd_per_million": None if price is None else _dollars(price),
            "file_tokens": int(usd) if tokens and usd is not None else None,
            "xai_tokens": row.ticks if tokens else None,
            "teams_named_where_differing": row.teams,
            "more_teams": row.more_teams,
            "factor": line.times.replace(",", "") or None,
            "factor_exact": line.fraction or None,
            "cause": row.cause.label if row.cause else None,
            "note": row.note or None,
            "effect": line.effect or None,
        }


def _is_whole(ticks: Fraction) -> bool:
    return ticks.denominator == 1


def _dollars(ticks: int) -> str:
    return f"{usd_per_million(ticks):f}"


def _kept(rows: Sequence[Row], filters: Filters) -> list[Row]:
    return [
        row
        for row in rows
        if (filters.show is None or row.verdict is filters.show)
        and (filters.kind is None or row.cause is filters.kind)
    ]


def _rank(row: Row) -> tuple[int, Fraction]:
    """Order mismatches: free of charge worst, then by factor, then those without."""
    if row.verdict is not Verdict.MISMATCH:
        return 0, row.distance
    if row.factor is None:
        return 1, Fraction(0)
    return (2 if row.factor else 3), row.distance


def _sorted(rows: list[Row], filters: Filters) -> list[Row]:
    if filters.sort == "entry":
        return sorted(rows, key=lambda row: row.name, reverse=filters.backwards)
    return sorted(rows, key=_rank, reverse=filters.backwards)


def _shows(rows: Sequence[Row], filters: Filters) -> list[Chip]:
    counts = Counter(row.verdict for row in rows)
    chips = [
        Chip(one.value, one.label, counts[one], filters.show is one) for one in Verdict
    ]
    return [*chips, Chip(ALL, "All", len(rows), filters.show is None)]


def _kinds(wrong: Sequence[Row], filters: Filters) -> list[Chip]:
    """Return the causes there are; they narrow mismatches alone."""
    if filters.show not in (None, Verdict.MISMATCH):
        return []
    counts = Counter(row.cause for row in wrong)
    return [
        Chip(one.value, one.label, counts[one], filters.kind is one)
        for one in Cause
        if counts[one] or filters.kind is one
    ]

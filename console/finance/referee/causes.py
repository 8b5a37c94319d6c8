"""Why a price of a file differs from xAI's: a table of rules, the first wins. Pure."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Final, TypeAlias

from django.db.models import TextChoices

from console.finance.referee.cases import Case
from console.finance.referee.fields import LONG, Field, worth
from console.finance.referee.quotes import shown


class Cause(TextChoices):
    """What the mistake most likely is."""

    UNIT = "unit", "Wrong unit"
    POINT = "point", "Decimal point"
    ZERO = "zero", "Zero in the file"
    NOT_A_PRICE = "not_a_price", "Not a price"
    MISSING = "missing", "Field missing"
    NO_CACHED = "no_cached", "Cached price missing"
    CACHED_AS_INPUT = "cached_as_input", "Cached price is the input price"
    GUESSED_CACHED = "guessed_cached", "Cached price guessed"
    STALE = "stale", "Old price"
    SWAPPED = "swapped", "Input and output swapped"
    OTHER_FIELD = "other_field", "Price of another field"
    OTHER_MODEL = "other_model", "Price of another model"
    LONG_MISSING = "long_missing", "Long-context tier missing"
    LONG_AS_STANDARD = "long_as_standard", "Long-context price is the standard one"
    NO_TIER = "no_tier", "Tier that xAI does not have"
    THRESHOLD = "threshold", "Other threshold"
    PRIORITY = "priority", "Priority price"
    BATCH = "batch", "Batch price"
    REGIONAL = "regional", "Regional surcharge"
    ROUNDED = "rounded", "Rounded"
    SCALE = "scale", "Implausible size"
    UNKNOWN = "unknown", "Unknown cause"


Found: TypeAlias = tuple[Cause, str]
Rule: TypeAlias = Callable[[Case], Found | None]

UNITS: Final = {  # by the power of ten: for a file per token, and one per million
    10: ("xAI's own integer taken over as it is", ""),
    6: ("A price per 1M tokens in a field per token", "Multiplied by 1,000,000 twice"),
    4: ("", "xAI's own integer taken over as it is"),
    3: ("A price per 1,000 tokens in a field per token", "A price per 1,000,000,000"),
    2: ("Cents in place of dollars", "Cents in place of dollars"),
    -2: ("Dollars divided by 100 once too often",) * 2,
    -3: ("A price per 1,000 tokens divided as one per 1M", "A price per 1,000 tokens"),
    -6: ("Divided by 1,000,000 twice", "A price per token in a field per 1M tokens"),
}
IMPLAUSIBLE: Final = 100  # times or more: whatever the number means, it is no price
SHARES: Final = {Fraction(1, share): f"1/{share}" for share in (2, 4, 5, 10)} | {
    Fraction(3, 4): "3/4"
}
NEAR: Final = Fraction(1, 200)  # of the price: what rounding explains
STANDARD: Final = (Field.INPUT, Field.CACHED, Field.OUTPUT, Field.IMAGE)


def likely_cause(case: Case) -> Found:
    """Return the cause, with what else there is to say of it."""
    for rule in RULES:
        if found := rule(case):
            return found
    return Cause.UNKNOWN, ""


def _unreadable(case: Case) -> Found | None:
    if case.quote.given and case.usd is None:
        return Cause.NOT_A_PRICE, f"Written is {case.quote.written}"
    return None


def _missing(case: Case) -> Found | None:
    if case.quote.given:
        return None
    if case.field is Field.THRESHOLD:
        return Cause.LONG_MISSING, "Long prompts are priced like short ones"
    cached = case.field in (Field.CACHED, Field.LONG_CACHED)
    return (Cause.NO_CACHED if cached else Cause.MISSING), ""


def _threshold(case: Case) -> Found | None:
    if case.field is Field.THRESHOLD:
        return Cause.THRESHOLD, "The long-context prices begin elsewhere"
    return None


def _no_tier(case: Case) -> Found | None:
    if case.field.is_long and case.prices.long_context_threshold == 0:
        return Cause.NO_TIER, "xAI charges long prompts like short ones"
    return None


def _zero(case: Case) -> Found | None:
    return (Cause.ZERO, "Counted as free") if case.usd == 0 else None


def _swapped(case: Case) -> Found | None:
    if case.field not in (Field.INPUT, Field.OUTPUT):
        return None
    pair = case.entry.usd(Field.INPUT), case.entry.usd(Field.OUTPUT)
    told = worth(case.prices, Field.OUTPUT), worth(case.prices, Field.INPUT)
    if None not in pair and pair == told:
        return Cause.SWAPPED, "Each has the other's price"
    return None


def _cached(case: Case) -> Found | None:
    if case.field not in (Field.CACHED, Field.LONG_CACHED):
        return None
    full = Field.INPUT if case.field is Field.CACHED else Field.LONG_INPUT
    if case.tells(full) or case.usd == case.entry.usd(full):
        return Cause.CACHED_AS_INPUT, "The discount is missing"
    return None


def _stale(case: Case) -> Found | None:
    for past in case.past:
        if case.usd == worth(past.prices, case.field):
            return Cause.STALE, f"xAI's price until {past.until:%-d %b %Y}"
    return None


def _unit(case: Case) -> Found | None:
    power = _power_of_ten(case.factor)
    words = UNITS.get(power, ("", ""))[0 if case.per_token else 1] if power else ""
    return (Cause.UNIT, words) if words else None


def _old_unit(case: Case) -> Found | None:
    """An old price in a wrong unit: two mistakes that hide each other."""
    for past in case.past:
        old = worth(past.prices, case.field)
        power = _power_of_ten(case.usd / old) if old and case.usd else None
        if power and abs(power) > 1:
            date = f"{past.until:%-d %b %Y}"
            return Cause.UNIT, f"xAI's price until {date}, shifted by 10^{power}"
    return None


def _point(case: Case) -> Found | None:
    power = _power_of_ten(case.factor)
    return (Cause.POINT, f"Shifted by 10^{power}") if power else None


def _long_as_standard(case: Case) -> Found | None:
    if case.field.is_long and case.tells(LONG[case.field]):
        return Cause.LONG_AS_STANDARD, "Long prompts are priced like short ones"
    return None


def _other_model(case: Case) -> Found | None:
    """Only a model whose input and output both stand in the entry."""
    pair = case.entry.usd(Field.INPUT), case.entry.usd(Field.OUTPUT)
    for other in case.others if None not in pair else ():
        told = worth(other.prices, Field.INPUT), worth(other.prices, Field.OUTPUT)
        if pair == told and case.usd == worth(other.prices, case.field):
            words = f"What {shown(other.model_id)} costs"
            own = worth(case.prices, Field.INPUT), worth(case.prices, Field.OUTPUT)
            moved = "; an alias may have moved" if pair != own else ""
            return Cause.OTHER_MODEL, words + moved
    return None


def _other_field(case: Case) -> Found | None:
    longs = {standard: long for long, standard in LONG.items()}
    long = longs.get(case.field)
    if long and case.tells(long):
        return Cause.OTHER_FIELD, (
            "xAI's long-context price"
            + (", or the priority one" if case.factor == 2 else "")
        )
    for field in STANDARD:
        if not case.field.is_long and field is not case.field and case.tells(field):
            return Cause.OTHER_FIELD, f"xAI's price of {field.label.lower()}"
    return None


def _guessed(case: Case) -> Found | None:
    if case.field not in (Field.CACHED, Field.LONG_CACHED) or not case.usd:
        return None
    full = worth(
        case.prices, Field.INPUT if case.field is Field.CACHED else Field.LONG_INPUT
    )
    share = SHARES.get(case.usd / full) if full else None
    return (Cause.GUESSED_CACHED, f"Just {share} of the input price") if share else None


def _billed_otherwise(case: Case) -> Found | None:
    """What xAI bills beside its list: priority x2, batches -20 %, regional +10 %."""
    return {
        Fraction(2): (Cause.PRIORITY, "Priority calls cost twice the listed price"),
        Fraction(4, 5): (Cause.BATCH, "Batches of some models cost 20 % less"),
        Fraction(11, 10): (Cause.REGIONAL, "A regional endpoint adds 10 %"),
    }.get(case.factor or Fraction(0))


def _rounded(case: Case) -> Found | None:
    if case.factor is None or case.usd is None:
        return None
    off = abs(case.usd - case.told)
    cut = any(
        (case.usd * 10**places).denominator == 1 and off * 10**places <= Fraction(1, 2)
        for places in range(4)
    )
    if cut or abs(case.factor - 1) <= NEAR:
        return Cause.ROUNDED, "Digits were lost"
    return None


def _scale(case: Case) -> Found | None:
    factor = case.factor
    if factor and (factor >= IMPLAUSIBLE or factor <= Fraction(1, IMPLAUSIBLE)):
        return Cause.SCALE, "The unit, and perhaps the number too"
    return None


def _power_of_ten(factor: Fraction | None) -> int | None:
    """Return n where the factor is 10^n and not 1."""
    if not factor or factor == 1:
        return None
    top, bottom = factor.numerator, factor.denominator
    digits = str(top if bottom == 1 else bottom)
    if 1 not in (top, bottom) or digits.strip("0") != "1":
        return None
    return (len(digits) - 1) * (1 if bottom == 1 else -1)


RULES: Final[tuple[Rule, ...]] = (
    _unreadable,
    _missing,
    _threshold,
    _zero,
    _no_tier,
    _swapped,
    _cached,
    _stale,
    _long_as_standard,
    _other_model,
    _unit,
    _old_unit,
    _point,
    _other_field,
    _billed_otherwise,
    _guessed,
    _rounded,
    _scale,
)

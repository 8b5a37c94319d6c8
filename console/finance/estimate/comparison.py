"""The same job on several models: one line each, the cheapest first. Pure.

A model that cannot do the job is never the cheapest: it stands last, without a total.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from console.finance.estimate.inputs import Inputs
from console.finance.estimate.prices_for import Offer
from console.finance.estimate.working import (
    Request,
    Working,
    exact_dollars,
    times,
    working_of,
)
from console.lib.ticks import MAX_TICKS

MARGIN = 10  # per cent by which tokens may differ
KIND_WORDS = {
    "fresh": "input",
    "cached": "cached input",
    "image": "image input",
    "output": "output",
    "reasoning": "output",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One offer. All amounts are ticks; None where `reason` says why there is none."""

    offer: Offer
    working: Working
    counted: bool  # the prompt is a counted text, not a typed number
    requests: int  # per day
    days: int
    per_request: int | None
    per_day: int | None
    per_month: int | None
    low: int | None  # per month, when tokens differ by MARGIN
    high: int | None
    flips: bool  # the tier differs within that margin
    possible: bool = True  # False: the model cannot do the job, and `reason` says why
    reason: str = ""
    warnings: tuple[str, ...] = ()
    cheapest: bool = False

    @property
    def proof(self) -> list[str]:
        """Return the whole working, one step per line; none when a step is missing."""
        if self.per_day is None or self.per_month is None:
            return []
        day, month = self.per_day, self.per_month
        plural = "" if self.days == 1 else "s"
        return [
            self.working.sum_in_words,
            f"x {self.requests:,} requests a day = {day:,} ticks = "
            f"{exact_dollars(day)}",
            f"x {self.days:,} day{plural} = {month:,} ticks = {exact_dollars(month)}",
        ]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All lines: known totals from the cheapest on, then unknown ones, then those of
    models that cannot do the job.
    """

    inputs: Inputs
    lines: tuple[Line, ...]

    @property
    def main(self) -> Line | None:
        """Return the line to show large: the cheapest that can do the job."""
        return next((line for line in self.lines if line.per_month is not None), None)

    @property
    def known(self) -> int:
        """Count the lines with a total."""
        return sum(line.per_month is not None for line in self.lines)

    @property
    def impossible(self) -> int:
        """Count the lines of models that cannot do the job."""
        return sum(not line.possible for line in self.lines)

    @property
    def seen_from(self) -> datetime | None:
        """Return the oldest of the newest looks at the prices."""
        return min((line.offer.seen_at for line in self.lines), default=None)

    @property
    def seen_to(self) -> datetime | None:
        """Return the newest look at any of the prices."""
        return max((line.offer.seen_at for line in self.lines), default=None)


def compare(inputs: Inputs, offers: Sequence[Offer]) -> Comparison:
    """Return the job on each of these offers."""
    lines = [_line(inputs, offer) for offer in offers]
    lines.sort(key=_place)
    known = [line.per_month for line in lines if line.per_month is not None]
    if len(known) > 1:
        lines = [replace(line, cheapest=line.per_month == known[0]) for line in lines]
    return Comparison(inputs, tuple(lines))


def request_of(inputs: Inputs, model_id: str) -> Request:
    """Return one request of the job, as this model counts it."""
    return Request(
        text=inputs.prompt_of(model_id),
        cached_share=inputs.cached,
        image=inputs.images * inputs.image_tokens,
        output=inputs.output,
        reasoning=inputs.reasoning,
    )


def _place(line: Line) -> tuple[bool, bool, int]:
    return not line.possible, line.per_month is None, line.per_month or 0


def _line(inputs: Inputs, offer: Offer) -> Line:
    request = request_of(inputs, offer.model_id)
    working = working_of(offer.prices, request)
    requests = inputs.requests * inputs.days
    cannot = _cannot(offer, request)
    reason = cannot or _not_known(offer, working)
    per_request = None if reason else working.ticks
    per_month = times(per_request, requests)
    if not reason and per_month is None:
        reason = f"Too large to compute: more than {exact_dollars(MAX_TICKS)}."
    low, high, flips = _margin(offer, working, requests, per_month)
    return Line(
        offer=offer,
        working=working,
        counted=offer.model_id in inputs.counted,
        requests=inputs.requests,
        days=inputs.days,
        per_request=per_request,
        per_day=times(per_request, inputs.requests),
        per_month=per_month,
        low=low,
        high=high,
        flips=flips,
        possible=not cannot,
        reason=reason,
        warnings=tuple(_warnings(offer, working)),
    )


def _cannot(offer: Offer, request: Request) -> str:
    """Return why this model cannot do the job; empty when nothing speaks against it."""
    if request.image and offer.takes_images is False:
        return "This model takes no images."
    if request.output and offer.gives_text is False:
        return "This model gives no text."
    if offer.context_length is not None and request.whole > offer.context_length:
        return (
            f"A request of {request.whole:,} tokens does not fit into the context of "
            f"{offer.context_length:,}."
        )
    return ""


def _not_known(offer: Offer, working: Working) -> str:
    """Return why no total is known; empty when one can be computed."""
    if not offer.sound:
        return (
            "Not confirmed: xAI's newest price made an implausible step, so nothing "
            "is computed with it until somebody confirms it."
        )
    if working.missing:
        kinds = dict.fromkeys(KIND_WORDS[kind] for kind in working.missing)
        return f"xAI has not told the price of {' and '.join(kinds)} tokens."
    return ""


def _margin(
    offer: Offer, working: Working, requests: int, per_month: int | None
) -> tuple[int | None, int | None, bool]:
    """Return the month with fewer and with more tokens, and if the tier changes."""
    if per_month is None:
        return None, None, False
    less = working_of(offer.prices, working.request.less(MARGIN))
    more = working_of(offer.prices, working.request.more(MARGIN))
    ends = times(less.ticks, requests), times(more.ticks, requests)
    if ends[0] is None or ends[1] is None:
        return None, None, False
    # A long-context price may be the lower one, so neither end is sure to be it.
    amounts = ends[0], per_month, ends[1]
    return min(amounts), max(amounts), less.tier is not more.tier


def _warnings(offer: Offer, working: Working) -> list[str]:
    request, said = working.request, []
    if working.is_near:
        said.append(
            f"Just below: from {working.threshold:,} on, all tokens of a request cost "
            "the long-context price."
        )
    said += _doubts(offer, request)
    prices = {term.kind: term.price for term in working.terms}
    if prices.get("cached") == 0:
        said.append("Cached tokens count as free, since xAI's list says 0 for them.")
    if not offer.listed:
        said.append("xAI does not list this model any more; these are its last prices.")
    return said


def _doubts(offer: Offer, request: Request) -> list[str]:
    """Return what is not known, or only just so, of whether the model can do it."""
    said, context = [], offer.context_length
    if request.image and offer.takes_images is None:
        said.append("xAI has not told whether this model takes images.")
    if context is None:
        said.append(
            f"xAI has not told the context of this model, so whether "
            f"{request.whole:,} tokens fit is unknown."
        )
    elif request.whole <= context < request.more(MARGIN).whole:
        said.append(
            f"{MARGIN}% more tokens would not fit into its context of {context:,}."
        )
    return said

"""The pieces of HTML that the page gets while it is open. No request is needed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse

from console import xai
from console.accounts.models import User
from console.catalog import costs
from console.playground import parts
from console.playground.inspect.showing import inspector
from console.playground.inspect.waterfall import tokens_per_second
from console.playground.structured.expected import Expected
from console.relay.calls import Tokenized
from console.relay.ended import Ended
from console.relay.picker import ModelChoice, choices
from console.relay.refusal import Reason
from console.relay.sentences import Problem
from console.usage import ledger
from console.usage.models import CostSource, Endpoint, Outcome
from console.usage.proof import proof_of

# What the design calls the sources, and their icons.
SOURCES = {
    CostSource.REPORTED: ("confirmed", "ok", "reported by xAI"),
    CostSource.COMPUTED: ("computed", "calc", "tokens times price, by Gatehouse"),
    CostSource.ESTIMATED: (
        "estimated",
        "approx",
        "the answer was cut before xAI told its tokens, so Gatehouse counted them; "
        "cached ones are at their full price, so the true cost may be less",
    ),
    CostSource.UNKNOWN: ("unknown", "unknown", "xAI told too little"),
    CostSource.ADJUSTED: ("by hand", "pencil", "entered by hand by an admin"),
}
ENDINGS = {
    Outcome.STOPPED: "stopped by you",
    Outcome.CUT: "cut off",
    Outcome.LOST: "cut off",
    Outcome.WITHDRAWN: "cut off",
}
FINISHES = {"length": "stopped at max output", "max_tokens": "stopped at max output"}
TIMES = 100_000
BOOKED_WITHIN = f"{ledger.BOOKED_WITHIN // timedelta(minutes=1)} minutes"


@dataclass(frozen=True, slots=True)
class ModelCost:
    """What a text costs as input of one model; None is not known."""

    choice: ModelChoice
    price: int | None  # ticks per token
    once: int | None  # ticks
    often: int | None  # ticks for TIMES times
    share: int  # per cent of the dearest, for a bar


async def answer(
    ended: Ended, expected: Expected | None, *, kept: bool
) -> dict[str, Any]:
    """Return the answer, its meter line and inspector as HTML, and its bare facts.

    Of one that is kept, `inspect` says whether there is an inspector to ask for.
    """
    # Up to 200 KB of Markdown takes a while, and the loop has other streams.
    return await asyncio.to_thread(_shown, ended, expected, kept)


def _shown(ended: Ended, expected: Expected | None, kept: bool) -> dict[str, Any]:
    return {
        "html": parts.html_of(ended, expected),
        "meter": meter(ended),
        "text": parts.text_of(ended),
        "inspect": ended.trace is not None if kept else inspector(ended),
        "ticks": ended.cost.ticks if ended.cost else None,
        "seconds": ended.seconds,
    }


def meter(ended: Ended) -> str:
    """Return tokens, times and cost of one answer."""
    word, glyph, why = SOURCES[ended.cost.source if ended.cost else CostSource.UNKNOWN]
    if not ended.cost:
        why = f"not booked yet: that takes {BOOKED_WITHIN} at most"
    elif ended.outcome == Outcome.LOST and ended.cost.ticks is None:
        why = "Gatehouse stopped before xAI told it"
    elif ended.cost.ticks == 0 and ended.outcome == Outcome.REFUSED:
        why = "xAI refused it and generated nothing"
    return render_to_string(
        "playground/_meter.html",
        {
            "usage": ended.usage or xai.Usage(),
            "first_token": _seconds(ended.first_token_after),
            "total": _seconds(ended.seconds),
            "ticks": ended.cost.ticks if ended.cost else None,
            "source": word,
            "glyph": glyph,
            "why": why,
            "model": ended.model,
            "ending": _ending(ended),
            "pace": _pace(ended),
            "proof": proof_of(ended.cost) if ended.cost else None,
        },
    )


def _pace(ended: Ended) -> float | None:
    """Return the tokens per second; reasoning counts if it was part of the stream."""
    usage = ended.usage or xai.Usage()
    tokens = usage.completion_tokens or 0
    if ended.reasoning:
        tokens += usage.reasoning_tokens or 0
    return tokens_per_second(
        tokens, first=ended.first_token_after, last=ended.last_event_after
    )


def _ending(ended: Ended) -> str:
    if ended.outcome != Outcome.STOPPED and ended.first_token_after is None:
        return ""  # nothing came that could be cut off
    return ENDINGS.get(ended.outcome) or FINISHES.get(ended.finish, "")


def notice(problem: Problem) -> str:
    """Return a problem with xAI: what happened, what to do, whom to quote."""
    meta = [f"answer {problem.status}"] if problem.status else []
    if problem.request_id:
        meta.append(f"request {problem.request_id}")
    return render_to_string(
        "playground/_notice.html", {"problem": problem, "meta": ", ".join(meta)}
    )


def refusal(reason: Reason) -> str:
    """Return why nothing was sent, with a way to raise a budget of one's own."""
    way = {}
    if reason.budget_id:
        url = reverse("budgets:raise", args=[reason.budget_id])
        way = {"url": url, "action": "Raise this budget"}
    text = f"{reason.advice} Nothing was sent."
    return _problem(reason.sentence, text, "lock", **way)


def wrong_input(sentence: str) -> str:
    """Return what is wrong with the form."""
    return _problem(sentence, "Nothing was sent.", "warn")


def _problem(title: str, text: str, glyph: str, **way: str) -> str:
    context = {"glyph": glyph, "title": title, "text": text, "tone": "warn", **way}
    return render_to_string("_problem.html", context | {"alert": True})


def figures(user: User, result: Tokenized, text: str) -> dict[str, str | int | None]:
    """Return the figures of a text, and what it costs as input of each model.

    `row` is the line of the model that was asked, in a table of such lines.
    """
    count = len(result.tokens)
    models = costs_of(choices(user, Endpoint.CHAT), count)
    asked = [one for one in models if result.call.model in _names(one.choice)]
    chosen = asked[0] if asked else None
    context_length = chosen.choice.context_length if chosen else None
    shown = render_to_string(
        "playground/_figures.html",
        {
            "model": result.call.model,
            "key_label": result.call.key_label,
            "count": count,
            "characters": len(text),
            "bytes": len(text.encode()),
            "per_thousand": round(count * 1000 / len(text)) if text else None,
            "chosen": chosen,
            "context_length": context_length,
            "context_share": _share(count, context_length),
        },
    )
    table = {"models": models, "times": TIMES}
    row = {"model": result.call.model, "count": count, "times": TIMES}
    return {
        "count": count,
        "once": chosen.once if chosen else None,
        "figures": shown,
        "costs": render_to_string("playground/_costs.html", table),
        "row": render_to_string("playground/_own_count.html", row | {"chosen": chosen}),
    }


def costs_of(found: list[ModelChoice], count: int) -> list[ModelCost]:
    """Return what so many input tokens cost on each model, the cheapest first."""
    rows = []
    for choice in found:
        price = once = None
        if choice.price:
            prices = costs.Prices.of(choice.price)
            price = costs.tier_for(prices, prompt_tokens=count).text
        if price is not None:
            once = price * count
        rows.append((choice, price, once))
    dearest = max((once or 0 for _, _, once in rows), default=0)
    rows.sort(key=lambda row: (row[2] is None, row[2] or 0))
    return [
        ModelCost(
            choice=choice,
            price=price,
            once=once,
            often=None if once is None else once * TIMES,
            share=round(100 * (once or 0) / dearest) if dearest else 0,
        )
        for choice, price, once in rows
    ]


def _names(choice: ModelChoice) -> tuple[str, ...]:
    return choice.model_id, *choice.aliases


def _share(count: int, whole: int | None) -> str | None:
    if not whole:
        return None
    share = Decimal(100 * count) / whole
    return "<1%" if 0 < share < 1 else f"{share:.0f}%"


def _seconds(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"

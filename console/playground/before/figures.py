"""Tokens of a prompt, the least and the most it can cost, and what to beware of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.template.defaultfilters import pluralize

from console.catalog import costs
from console.catalog.models import PriceVersion
from console.playground.forms import PER_MESSAGE, PromptForm
from console.relay.admission import ceiling_of
from console.relay.counting import Count
from console.relay.picker import ModelChoice
from console.usage.models import Endpoint

NEAR: Final = Decimal("0.8")  # of a limit: from there on it is told


@dataclass(frozen=True, slots=True)
class Prompt:
    """The texts of a conversation; `earlier` was sent with the prompt before."""

    earlier: str
    newest: str
    bound: int  # tokens, all parts and roles included; there are never more
    frame: int  # tokens that xAI adds for the roles, at most
    most_out: int

    @classmethod
    def of(cls, form: PromptForm) -> Prompt:
        """Return the prompt of a valid form."""
        data = form.cleaned_data
        *before, newest = [turn["content"] for turn in data["turns"]]
        return cls(
            earlier="\n".join(filter(None, [data["system"], *before])),
            newest=newest,
            bound=form.prompt_bytes,
            frame=PER_MESSAGE * (len(data["turns"]) + 1),
            most_out=data["max_tokens"],
        )

    @property
    def texts(self) -> list[str]:
        """Return the texts to count, each by itself, so that the earlier is kept."""
        return [text for text in (self.earlier, self.newest) if text]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What is told above the button; ticks, and None for what is not known."""

    tokens: int | None  # of the texts, by xAI's own count
    most_tokens: int  # of the whole prompt
    earlier: int  # of `tokens`: sent before, so probably cached
    least: int | None
    most: int | None
    most_out: int
    why_not_counted: str = ""
    warnings: tuple[str, ...] = ()


def preview(
    prompt: Prompt, choice: ModelChoice, endpoint: Endpoint, counts: Sequence[Count]
) -> Preview:
    """Work out what a prompt comes to; `counts` are those of its texts, or none."""
    told = [one.tokens for one in counts if one.tokens is not None]
    counted = bool(counts) and len(told) == len(counts)
    tokens = sum(told) if counted else None
    bound = prompt.bound if tokens is None else tokens + prompt.frame
    failed = next((one for one in counts if one.tokens is None), None)
    return Preview(
        tokens=tokens,
        most_tokens=bound,
        earlier=told[0] if counted and prompt.earlier else 0,
        least=_least(choice.price, tokens),
        most=ceiling_of(choice.price, endpoint, bound, prompt.most_out),
        most_out=prompt.most_out,
        why_not_counted=failed.sentence if failed else "",
        warnings=tuple(_warnings(prompt, choice, tokens)),
    )


def _least(price: PriceVersion | None, tokens: int | None) -> int | None:
    """Return what the prompt costs if all of it is cached and no answer comes."""
    if price is None or tokens is None:
        return None
    tier = costs.tier_for(costs.Prices.of(price), prompt_tokens=tokens)
    told = [one for one in (tier.text, tier.cached) if one is not None]
    return costs.sum_ticks((tokens, min(told))) if tier.text is not None else None


def _warnings(prompt: Prompt, choice: ModelChoice, tokens: int | None) -> list[str]:
    """Return what a counted prompt is near to or beyond."""
    if tokens is None:
        return []
    found = []
    if choice.price is not None and (factor := _dearer(choice.price)):
        threshold = choice.price.long_context_threshold or 0
        if tokens >= threshold:
            found.append(
                f"From {threshold:,} tokens on, the whole prompt is charged at "
                f"{factor} times the price."
            )
        elif tokens + prompt.frame >= NEAR * threshold:
            room = threshold - tokens
            found.append(
                f"{room:,} token{pluralize(room)} more, and the whole prompt is "
                f"charged at {factor} times the price."
            )
    length = choice.context_length
    if length and tokens + prompt.most_out > length:
        found.append(
            f"Prompt and answer may not fit: {choice.model_id} holds {length:,} tokens."
        )
    return found


def _dearer(price: PriceVersion) -> str:
    """Return how many times as much input costs in a long prompt; empty: no more."""
    below = costs.tier_for(costs.Prices.of(price), prompt_tokens=0).text
    threshold = price.long_context_threshold
    if not threshold or not below:
        return ""
    above = costs.tier_for(costs.Prices.of(price), prompt_tokens=threshold).text
    if above is None or above <= below:
        return ""
    return f"{Decimal(above) / below:.2f}".rstrip("0").rstrip(".")

"""Tokens of a prompt, the least and the most it can cost, and what to beware of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from django.template.defaultfilters import pluralize

from console.catalog import costs
from console.catalog.models import LanguageModel, PriceVersion
from console.playground.forms import PER_MESSAGE, PER_REQUEST, PromptForm
from console.playground.turns import texts_of
from console.relay.admission import ceiling_of
from console.relay.counting import Count
from console.relay.parameters import IMAGE_TOKENS, Extras, reasons
from console.usage.models import Endpoint

NEAR: Final = Decimal("0.8")  # of a limit: from there on it is told


@dataclass(frozen=True, slots=True)
class Prompt:
    """The texts of a conversation; `earlier` was sent with the prompt before."""

    earlier: str
    newest: str
    bound: int  # tokens of texts and roles; there are never more
    frame: int  # tokens that xAI adds to the texts, at most
    most_out: int
    extras: Extras

    @classmethod
    def of(cls, form: PromptForm, *, images: int = 0) -> Prompt:
        """Return the prompt of a valid form, with so many images beside it."""
        data = form.cleaned_data
        *before, newest = ["\n".join(texts_of(turn)) for turn in data["turns"]]
        earlier = "\n".join(filter(None, [data["system"], *before]))
        counted = len(earlier.encode()) + len(newest.encode())
        return cls(
            earlier=earlier,
            newest=newest,
            bound=form.prompt_bytes,
            # Tools and schemas are not counted, so their bytes are in it.
            frame=max(
                form.prompt_bytes - counted,
                PER_REQUEST + PER_MESSAGE * (len(data["turns"]) + 1),
            ),
            most_out=data["max_tokens"],
            extras=replace(form.extras, images=form.extras.images + images),
        )

    @property
    def texts(self) -> list[str]:
        """Return the texts to count, each by itself, so that the earlier is kept."""
        return [text for text in (self.earlier, self.newest) if text]

    @property
    def image_tokens(self) -> int:
        """Return how many tokens its images have at most."""
        return self.extras.images * IMAGE_TOKENS


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What is told above the button; ticks, and None for what is not known."""

    tokens: int | None  # of the texts, by xAI's own count
    most_tokens: int  # of the whole prompt
    image_tokens: int  # of them, for images
    earlier: int  # of `tokens`: sent before, so probably cached
    least: int | None
    most: int | None
    most_out: int
    unreasoned: int | None  # if the answer is as long as it may be, without reasoning
    reasons: bool  # so that `most_out` does not cap what is charged
    why_not_counted: str = ""
    warnings: tuple[str, ...] = ()


def preview(
    prompt: Prompt,
    endpoint: Endpoint,
    model: LanguageModel | None,
    price: PriceVersion | None,
    counts: Sequence[Count],
) -> Preview:
    """Work out what a prompt comes to; `counts` are those of its texts, or none."""
    told = [one.tokens for one in counts if one.tokens is not None]
    counted = bool(counts) and len(told) == len(counts)
    tokens = sum(told) if counted else None
    bound = prompt.bound if tokens is None else tokens + prompt.frame
    bound += prompt.image_tokens
    failed = next((one for one in counts if one.tokens is None), None)
    return Preview(
        tokens=tokens,
        most_tokens=bound,
        image_tokens=prompt.image_tokens,
        earlier=told[0] if counted and prompt.earlier else 0,
        least=_least(price, tokens),
        most=ceiling_of(
            price,
            endpoint,
            prompt_tokens=bound,
            max_tokens=prompt.most_out,
            extras=prompt.extras,
        ),
        most_out=prompt.most_out,
        unreasoned=_unreasoned(prompt, price, bound if tokens is None else tokens),
        reasons=model is not None and reasons(model) is not False,
        why_not_counted=failed.sentence if failed else "",
        warnings=tuple(_warnings(prompt, model, price, tokens)),
    )


def _least(price: PriceVersion | None, tokens: int | None) -> int | None:
    """Return what the texts cost if all of them are cached and no answer comes."""
    if price is None or tokens is None:
        return None
    tier = costs.tier_for(costs.Prices.of(price), prompt_tokens=tokens)
    told = [one for one in (tier.text, tier.cached) if one is not None]
    return costs.sum_ticks((tokens, min(told))) if tier.text is not None else None


def _unreasoned(prompt: Prompt, price: PriceVersion | None, tokens: int) -> int | None:
    if price is None:
        return None
    tier = costs.tier_for(costs.Prices.of(price), prompt_tokens=tokens)
    factor = prompt.extras.factor
    return costs.sum_ticks(
        (factor * tokens, tier.text),
        (factor * prompt.image_tokens, tier.image),
        (factor * prompt.most_out, tier.completion),
    )


def _warnings(
    prompt: Prompt,
    model: LanguageModel | None,
    price: PriceVersion | None,
    tokens: int | None,
) -> list[str]:
    """Return what a counted prompt is near to or beyond."""
    if tokens is None:
        return []
    found = []
    if price is not None and (factor := _dearer(price)):
        threshold = price.long_context_threshold or 0
        room = threshold - tokens
        if room <= 0:
            found.append(
                f"From {threshold:,} tokens on, the whole prompt is charged at "
                f"{factor} times the price."
            )
        elif tokens + prompt.frame + prompt.image_tokens >= NEAR * threshold:
            found.append(
                f"{room:,} token{pluralize(room)} more, and the whole prompt is "
                f"charged at {factor} times the price."
            )
    length = model.context_length if model else None
    if model and length and tokens + prompt.most_out > length:
        found.append(
            f"Prompt and answer may not fit: {model.model_id} holds {length:,} tokens."
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

"""One number for a set of prices: what the mix of one person's tokens costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.models import AnonymousUser

from console.accounts.models import User
from console.finance.models import PriceView


@dataclass(frozen=True, slots=True)
class Mix:
    """Parts of fresh input, cached input and output; only their ratios matter."""

    fresh: int = 70
    cached: int = 20
    output: int = 10

    def blend(self, prices: Mapping[str, int | None]) -> int | None:
        """Return ticks for as many tokens as there are parts; None: not known.

        A cached price that is not told counts as the input price.
        """
        text = prices["prompt_text_token_price"]
        cached = prices["cached_prompt_text_token_price"]
        output = prices["completion_text_token_price"]
        if text is None or output is None:
            return None
        stored = text if cached is None else cached
        return self.fresh * text + self.cached * stored + self.output * output

    def per_token(self, blend: int | None) -> Decimal | None:
        """Return the mean price of a token in ticks; for display."""
        parts = self.fresh + self.cached + self.output
        return None if blend is None else Decimal(blend) / parts


def mix_of(user: User | AnonymousUser) -> Mix:
    """Return how a person looks at prices; one query."""
    view = PriceView.objects.filter(person=user.pk).first()
    return Mix(view.fresh, view.cached, view.output) if view else Mix()

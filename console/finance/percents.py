"""How much a price changed or differs, in words that do not round it away."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True)
class Change:
    """From one price to another; both are ticks per token, None is not told."""

    before: int | None
    after: int | None

    @property
    def up(self) -> bool | None:
        """Whether it is more; None where one of them is not known."""
        if self.before is None or self.after is None:
            return None
        return self.after > self.before

    @property
    def words(self) -> str:
        """Say by how much, with its sign; in words where there is no share."""
        if self.before is None:
            return "told for the first time"
        if self.after is None:
            return "no longer told"
        if self.before == 0:
            return "was 0"
        share = 100 * Decimal(self.after - self.before) / abs(self.before)
        return f"{'+' if share > 0 else '−'}{_short(abs(share))}%"


def change(before: int | None, after: int | None) -> Change | None:
    """Return the change between two prices; None if they are the same."""
    return None if before == after else Change(before, after)


def factor(price: int, of: int) -> str:
    """Say how many times one price is another, which is above 0; never as 1 if not."""
    exact = Decimal(price) / of
    near = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    if near == 1 and price != of:
        return f"×{exact.quantize(Decimal('0.0001'), ROUND_HALF_UP)}"
    return f"×{near.normalize():f}"


def _short(share: Decimal) -> str:
    """Write a share: whole from 10 on, else with a decimal if it has one."""
    if share >= 10:
        return f"{share.quantize(Decimal(1), ROUND_HALF_UP):,f}"
    near = share.quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{near.normalize():f}" if near else "<0.1"

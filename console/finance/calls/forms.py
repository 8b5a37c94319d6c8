"""What is entered by hand for a call of unknown cost. It cleans; it stores nothing."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms

from console.finance.budgets.forms import MOST_DOLLARS, DollarsField
from console.keys.forms.fields import ShownField
from console.lib.dollars import usd
from console.lib.ticks import TICKS_PER_USD

COSTS: Final = (
    ("dollars", "It cost this, in dollars"),
    ("ticks", "It cost this, in ticks"),
    ("nothing", "It cost nothing"),
)
WHOLE: Final = "Give whole ticks, such as 4121500."
TICKS: Final = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d+)", re.ASCII)
LARGE: Final = TICKS_PER_USD  # to be looked at twice where no ceiling is known


class TicksField(forms.IntegerField):
    """An amount in ticks, as files and proofs have it."""

    def __init__(self) -> None:
        super().__init__(
            min_value=1,
            max_value=MOST_DOLLARS * TICKS_PER_USD,
            error_messages={
                "required": WHOLE,
                "invalid": WHOLE,
                "min_value": "Give an amount of more than nothing.",
                "max_value": f"The most is ${MOST_DOLLARS:,}.",
            },
        )

    def clean(self, value: Any) -> Any:
        """Return the number; commas are left out where they part thousands."""
        text = str(value).strip()
        if text and TICKS.fullmatch(text) is None:  # a comma may stand for decimals
            raise forms.ValidationError(WHOLE)
        return super().clean(text.replace(",", ""))


class AdjustForm(forms.Form):
    """What a call came to, and how one knows."""

    cost = forms.ChoiceField(
        label="What it cost",
        choices=COSTS,
        initial="dollars",
        widget=forms.RadioSelect(),
    )
    amount = ShownField("Amount", length=30, required=False)
    above = forms.BooleanField(required=False, widget=forms.CheckboxInput())
    reason = ShownField("Reason", length=200)
    after = forms.IntegerField(min_value=0)  # the last one, when the form was made

    def __init__(self, *args: Any, ceiling: int | None, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.ceiling = ceiling
        self.fields["reason"].error_messages["required"] = (
            "Say how you know: it stands in the audit log, and beside the call."
        )

    def clean(self) -> dict[str, Any]:
        """Make the amount whole ticks, and want a second look at a large one."""
        data = super().clean() or {}
        if "cost" not in data or "amount" not in data:
            return data
        data["ticks"] = self._ticks(data["cost"], data["amount"])
        if self.is_above and not data.get("above"):
            self.add_error(
                "amount",
                f"This is more than {self.bound}. If it is right, tick the box below.",
            )
        return data

    @property
    def is_above(self) -> bool:
        """Tell whether it is more than the call could cost, or than most calls do."""
        ticks = self.cleaned_data.get("ticks") if self.is_bound else None
        most = LARGE if self.ceiling is None else self.ceiling
        return ticks is not None and ticks > most

    @property
    def bound(self) -> str:
        """Say what an amount is held against."""
        if self.ceiling is None:
            return f"{usd(LARGE)}, and what it could cost at most is not known"
        return f"the {usd(self.ceiling)} it could cost at most"

    @property
    def order(self) -> dict[str, Any]:
        """Return what a valid form asks for, as `adjust` takes it."""
        return {name: self.cleaned_data[name] for name in ("ticks", "reason", "after")}

    def _ticks(self, cost: str, amount: str) -> int | None:
        if cost == "nothing":
            if amount:
                self.add_error("amount", "Leave this empty if it cost nothing.")
            return 0
        field = TicksField() if cost == "ticks" else DollarsField("Amount", least=1)
        try:
            ticks: int = field.clean(amount)
        except forms.ValidationError as problem:
            self.add_error("amount", problem)
            return None
        return ticks

"""What the form of a raise takes in: how much, until when, and why."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone

from console.accounts.models import User
from console.finance.budgets.forms import DollarsField, PersonChoice
from console.keys.forms.fields import ShownField
from console.lib.days import DAY, day_bounds, day_of
from console.usage.allowance import window_of
from console.usage.models import Budget, Span

LONGEST: Final = 92 * DAY
MIDNIGHT: Final = time()


class RaiseForm(forms.Form):
    """More for a while; days and times are those of the person's zone."""

    person = PersonChoice(
        label="For",
        queryset=User.objects.none(),
        required=False,
        empty_label="all of them, each",
        widget=forms.Select(),
    )
    more = DollarsField("More, $", least=1)
    through = forms.DateField(
        label="Through",
        widget=forms.DateInput(attrs={"class": "input", "type": "date"}),
        error_messages={
            "required": "Give the last day of the raise.",
            "invalid": "Give a day as year-month-day, such as 2026-12-31.",
        },
    )
    at = forms.TimeField(
        label="Ends at",
        required=False,
        input_formats=["%H:%M", "%H:%M:%S"],
        widget=forms.TimeInput(attrs={"class": "input", "type": "time"}),
        error_messages={"invalid": "Give a time as hours and minutes, such as 17:30."},
    )
    reason = ShownField("Reason", length=200)

    def __init__(
        self, *args: Any, budget: Budget, zone: ZoneInfo, person: str | None, **kw: Any
    ) -> None:
        _, resets_at = window_of(Span(budget.span), timezone.now())
        kw["initial"] = {"person": person, **_last(resets_at, zone)}
        super().__init__(*args, **kw)
        self.zone = zone
        required = "Give the reason: it stands in the audit log."
        self.fields["reason"].error_messages["required"] = required
        if budget.each_person:
            people = User.objects.filter(is_active=True).order_by("name", "username")
            self.fields["person"].queryset = people  # type: ignore[attr-defined]
        else:
            del self.fields["person"]

    @property
    def zone_help(self) -> str:
        """Say whose clocks are meant."""
        return f"On the clocks of {self.zone}."

    def clean_through(self) -> date:
        """Want a day that is not over, nor far away."""
        day: date = self.cleaned_data["through"]
        today = day_of(timezone.now(), self.zone)
        if day < today:
            raise forms.ValidationError("This day is over. Choose today or later.")
        if day > today + LONGEST:
            raise forms.ValidationError(
                f"A raise lasts {LONGEST.days} days at most. For longer, change the "
                "limit."
            )
        return day

    def clean(self) -> dict[str, Any]:
        """Want a time that is there, and not over."""
        data = super().clean() or {}
        day, at = data.get("through"), data.get("at")
        if day is None or at is None:
            return data
        until = self._until(day, at)
        shown = until.astimezone(self.zone).replace(tzinfo=None)
        if shown != datetime.combine(day, at):
            skipped = f"The clocks of {self.zone} skip this time on that day."
            self.add_error("at", skipped)
        elif until <= timezone.now():
            self.add_error("at", "This time is over. Choose a later one.")
        return data

    @property
    def order(self) -> dict[str, Any]:
        """Return what a valid form asks for, as `raise_limit` takes it."""
        data = self.cleaned_data
        return {
            "person": data.get("person"),
            "ticks": data["more"],
            "until": self._until(data["through"], data["at"]),
            "reason": data["reason"],
        }

    def _until(self, day: date, at: time | None) -> datetime:
        """Return that time of the day; without one, the end of the day."""
        if at is None:
            return day_bounds(day, self.zone)[1]
        return datetime.combine(day, at, tzinfo=self.zone).astimezone(UTC)


def _last(resets_at: datetime, zone: ZoneInfo) -> dict[str, str]:
    """Return the end of a window as the form has it: a midnight is the day before."""
    local = resets_at.astimezone(zone)
    if local.time() == MIDNIGHT:
        return {"through": (local.date() - timedelta(days=1)).isoformat()}
    return {"through": local.date().isoformat(), "at": f"{local:%H:%M}"}

"""The form that asks what an evidence pack shall be about."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from console.accounts.models import Team
from console.pages.evidence.scope import Scope

EARLIEST = date(2000, 1, 1)
LONGEST = timedelta(days=366 * 2)
DAY_INPUT = forms.DateInput(attrs={"type": "date", "class": "input"}, format="%Y-%m-%d")


class EvidenceForm(forms.Form):
    """A period of whole days in UTC, and one team or all."""

    first_day = forms.DateField(widget=DAY_INPUT)
    last_day = forms.DateField(widget=DAY_INPUT)
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"), required=False, empty_label="All teams"
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a period that is none, or is too long."""
        values: dict[str, Any] = super().clean() or {}
        first, last = values.get("first_day"), values.get("last_day")
        if first and last:
            if first > last:
                self.add_error("last_day", "The last day lies before the first.")
            elif last > timezone.now().astimezone(UTC).date():
                self.add_error("last_day", "A pack ends today at the latest.")
            elif first < EARLIEST or last - first > LONGEST:
                self.add_error("first_day", "A pack covers two years at most.")
        return values

    @property
    def scope(self) -> Scope:
        """Return what was chosen."""
        values = self.cleaned_data
        return Scope(values["first_day"], values["last_day"], values["team"])


def last_quarter(today: date) -> dict[str, date]:
    """Return the last 90 days, today included, to start the form with."""
    return {"first_day": today - timedelta(days=89), "last_day": today}

"""What the pages of findings take in: filters, an acceptance, an assumption."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django import forms

from console.accounts.models import Team
from console.keys.blast import ASSUMED, Assumption
from console.keys.finding_list import SIZES, Filters
from console.keys.findings import Status
from console.keys.forms.fields import ShownField
from console.keys.forms.filters import clean_search
from console.keys.models import FindingKind, Severity

PRESETS: Final = (30, 90, 180)  # days
LONGEST: Final = timedelta(days=365)
CHOSEN: Final = "date"  # in place of a preset
MOST_REQUESTS: Final = 100_000  # a minute
MOST_TOKENS: Final = 2_000_000  # of one request


def filters_of(values: dict[str, Any], *, teams: Sequence[Team]) -> Filters:
    """Read the filters of the page's address; what makes no sense is left out."""
    known_teams = {str(team.pk): team.pk for team in teams}
    status, kind = str(values.get("status", "")), str(values.get("kind", ""))
    severity, size = str(values.get("severity", "")), str(values.get("size", ""))
    return Filters(
        status=Status(status) if status in Status.values else Status.OPEN,
        severity=Severity(severity) if severity in Severity.values else None,
        kind=FindingKind(kind) if kind in FindingKind.values else None,
        team=known_teams.get(str(values.get("team", ""))),
        search=clean_search(str(values.get("q", ""))),
        size=int(size) if size in map(str, SIZES) else SIZES[0],
        cursor=str(values.get("page", "")),
    )


class NumberField(forms.IntegerField):
    """A whole number with both bounds, as the field of a page."""

    def __init__(self, label: str, *, least: int, most: int) -> None:
        super().__init__(
            label=label,
            min_value=least,
            max_value=most,
            widget=forms.NumberInput(attrs={"class": "input num"}),
        )


class AssumptionForm(forms.Form):
    """What the reader of a key's page assumes a thief would do."""

    requests = NumberField("Per minute", least=1, most=MOST_REQUESTS)
    prompt_tokens = NumberField("Tokens in", least=0, most=MOST_TOKENS)
    completion_tokens = NumberField("Tokens out", least=0, most=MOST_TOKENS)

    @property
    def assumption(self) -> Assumption:
        """Return what was asked for; the standing one where that makes no sense."""
        return Assumption(**self.cleaned_data) if self.is_valid() else ASSUMED


def assumption_form(values: dict[str, Any]) -> AssumptionForm:
    """Read the assumption of a key's address; every field not given is the usual."""
    names = AssumptionForm.base_fields
    usual = {name: getattr(ASSUMED, name) for name in names}
    given = {name: values[name] for name in names if name in values}
    return AssumptionForm({**usual, **given}, auto_id="assume-%s")


class AcceptForm(forms.Form):
    """Why a finding may stay, and until when."""

    reason = ShownField("Reason", length=500, lines=True)
    until = forms.ChoiceField(
        label="Until", widget=forms.RadioSelect(), initial=str(PRESETS[0])
    )
    on = forms.DateField(
        label="Last day",
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "input"}),
        error_messages={"invalid": "Give a date as year, month, day: 2026-09-30."},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        until = self.fields["until"]
        assert isinstance(until, forms.ChoiceField)
        until.choices = [
            *((str(days), f"{days} days: {self._written(days)}") for days in PRESETS),
            (CHOSEN, "another date"),
        ]
        self.fields["on"].widget.attrs |= {
            "min": str(today),
            "max": str(today + LONGEST),
        }

    def clean(self) -> dict[str, Any]:
        """Resolve the last day; a date is asked for only when it is chosen."""
        cleaned = super().clean() or {}
        until = str(cleaned.get("until", ""))
        if until == CHOSEN and "on" in cleaned:
            cleaned["last_day"] = self._checked(cleaned["on"])
        elif until.isdigit():
            cleaned["last_day"] = self.today + timedelta(days=int(until))
        return cleaned

    @property
    def ends_at(self) -> datetime:
        """Return the end of the last day, in UTC as all times are shown."""
        return datetime.combine(self.cleaned_data["last_day"], time.max, UTC)

    def _checked(self, day: date | None) -> date | None:
        if day is None:
            self.add_error("on", "Choose the last day.")
        elif day < self.today:
            self.add_error("on", "This day is over. Choose one that lies ahead.")
        elif day > self.today + LONGEST:
            latest = f"{self.today + LONGEST:%-d %b %Y}"
            self.add_error("on", f"At most one year: {latest} is the last day.")
        return day

    def _written(self, days: int) -> str:
        return f"until {self.today + timedelta(days=days):%-d %b %Y}"

"""What the pages of incidents and channels take in. Forms clean; they store nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django import forms

from console.accounts.models import Team
from console.alerts.channels import RuleTerms
from console.alerts.models import AlertRule, ChannelKind, IncidentKind
from console.keys.forms.fields import ShownField

COOL_DOWNS: Final = {
    0: "none: each time",
    15: "15 minutes",
    60: "1 hour",
    6 * 60: "6 hours",
    24 * 60: "1 day",
}
HOURS: Final = [(hour, f"{hour:02}:00 UTC") for hour in range(24)]


class UnrepeatedLine(forms.TextInput):
    """One line that does not come back with its form: it may hold a secret."""

    def format_value(self, value: Any) -> str | None:
        """Return nothing."""
        return None


class AcknowledgeForm(forms.Form):
    """What the person says who has seen an incident."""

    note = ShownField("Note", length=500, required=False)


class ChannelForm(forms.Form):
    """A channel: what it is called, and where its messages go."""

    name = ShownField("Name", length=60)
    kind = forms.ChoiceField(
        label="Kind", choices=ChannelKind.choices, widget=forms.Select()
    )
    target = forms.CharField(
        label="Address",
        max_length=2000,
        widget=UnrepeatedLine(
            attrs={"class": "input mono", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    digest_hour = forms.TypedChoiceField(
        label="Daily digest at",
        choices=HOURS,
        coerce=int,
        initial=8,
        widget=forms.Select(),
    )


class EditChannelForm(ChannelForm):
    """The same for a stored channel; without an address the stored one stays."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["kind"]
        self.fields["target"].required = False


class RuleForm(forms.Form):
    """Which incidents a channel is told of, and when."""

    team = forms.ModelChoiceField(
        label="Team",
        queryset=Team.objects.all(),
        required=False,
        empty_label="All teams, and what is no team's",
        widget=forms.Select(),
    )
    kinds = forms.MultipleChoiceField(
        label="Kinds",
        choices=IncidentKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple(),
    )
    cool_down = forms.TypedChoiceField(
        label="Cool-down",
        initial=0,
        choices=list(COOL_DOWNS.items()),
        coerce=int,
        widget=forms.Select(),
    )
    daily = forms.BooleanField(label="Once a day, in the digest", required=False)

    def terms(self) -> RuleTerms:
        """Return what was entered; the form is valid."""
        minutes = self.cleaned_data["cool_down"]
        return RuleTerms(
            team=self.cleaned_data["team"],
            kinds=self.cleaned_data["kinds"],
            cool_down=timedelta(minutes=minutes) if minutes else None,
            daily=self.cleaned_data["daily"],
        )


def entered(rule: AlertRule) -> dict[str, object]:
    """Return a stored rule as its form shows it."""
    wait = rule.cool_down or timedelta()
    return {
        "team": rule.team_id,
        "kinds": rule.kinds,
        "cool_down": int(wait.total_seconds() // 60),
        "daily": rule.daily,
    }

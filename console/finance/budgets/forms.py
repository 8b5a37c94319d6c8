"""What the pages of budgets take in. Forms clean; they store nothing."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms

from console.accounts.models import Role, Team, User
from console.catalog.models import LanguageModel
from console.keys.forms.fields import ShownField
from console.keys.models import ApiKey
from console.lib.redact import escaped
from console.lib.ticks import TICKS_PER_USD, usd
from console.usage.budget_history import version_of
from console.usage.budget_words import called
from console.usage.budgeting import Subject, Terms
from console.usage.models import Budget, Span

MOST_DOLLARS: Final = 100_000_000
PLAIN: Final = re.compile(r"-?(?:\d+\.?\d*|\.\d+)", re.ASCII)
NOT_PLAIN: Final = (
    "Write an amount in dollars with digits and a point alone, such as 1000 or 0.50."
)
NOT_LISTED: Final = "Choose one that is in the list."
EACH: Final = "each"
AT_LIMIT: Final = (
    ("hard", "Refuse calls that do not fit"),
    ("soft", "Only warn: calls go on"),
)


class DollarsField(forms.DecimalField):
    """An amount in dollars; becomes whole ticks."""

    def __init__(self, label: str, *, required: bool = True, least: int = 0) -> None:
        super().__init__(
            label=label,
            required=required,
            min_value=Decimal(least) / TICKS_PER_USD,
            max_value=MOST_DOLLARS,
            decimal_places=10,
            widget=forms.TextInput(
                attrs={
                    "class": "input num",
                    "inputmode": "decimal",
                    "autocomplete": "off",
                    "placeholder": "0.00",
                }
            ),
            error_messages={
                "required": "Give an amount in dollars, such as 25 or 0.50.",
                "invalid": "Give an amount in dollars, such as 25 or 0.50.",
                "min_value": (
                    "Give an amount of more than nothing."
                    if least
                    else "Give an amount that is not less than nothing."
                ),
                "max_value": f"The most is ${MOST_DOLLARS:,}.",
                "max_decimal_places": "An amount has 10 decimals at most.",
            },
        )

    def prepare_value(self, value: Any) -> Any:
        """Return ticks as they are typed."""
        if isinstance(value, int):
            whole, _, decimals = f"{usd(value):f}".partition(".")
            return f"{whole}.{decimals.rstrip('0'):0<2}"
        return value

    def clean(self, value: Any) -> Any:
        """Return whole ticks; None for nothing."""
        text = str(value or "").strip().removeprefix("$").strip()
        # Decimal takes more: 1e3, 1_000, and digits of other scripts.
        if any(map(str.isdigit, text)) and PLAIN.fullmatch(text) is None:
            raise forms.ValidationError(NOT_PLAIN, "invalid")
        try:
            dollars = super().clean(text)
        except forms.ValidationError as wrong:
            raise wrong.error_list[-1] from None  # the least of amounts has 10 decimals
        return None if dollars is None else int(dollars * TICKS_PER_USD)


class RowChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of a list; a broken id is none of it."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid_choice": NOT_LISTED}

    def to_python(self, value: Any) -> Any:
        """Return the row, or None."""
        try:
            return super().to_python(value)
        except forms.ValidationError:
            raise forms.ValidationError(NOT_LISTED, "invalid_choice") from None


class PersonChoice(RowChoice):
    """One person, by name."""

    def label_from_instance(self, obj: Any) -> str:
        """Return what stands in the list."""
        return called(obj)


class KeyChoice(RowChoice):
    """One key, with its team."""

    def label_from_instance(self, obj: Any) -> str:
        """Return what stands in the list."""
        return f"{obj.label} ({obj.team.name})"


class ModelChoice(RowChoice):
    """One model, with its upstream."""

    def label_from_instance(self, obj: Any) -> str:
        """Return what stands in the list."""
        return f"{escaped(obj.model_id)} ({obj.host})"


class TermsForm(forms.Form):
    """What may be changed of a budget."""

    limit = DollarsField("Limit, $")
    at_limit = forms.ChoiceField(
        label="At its limit",
        choices=AT_LIMIT,
        initial="hard",
        widget=forms.RadioSelect(),
        error_messages={"invalid_choice": NOT_LISTED},
    )
    contact = PersonChoice(
        label="Whom to ask for more",
        queryset=User.objects.none(),
        empty_label=None,
        widget=forms.Select(),
    )
    note = ShownField("Note", length=200, required=False)

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        asked = User.objects.filter(role=Role.ADMIN, is_active=True)
        self.fields["contact"].queryset = asked.order_by("name")  # type: ignore[attr-defined]

    @property
    def terms(self) -> Terms:
        """Return what a valid form says."""
        data = self.cleaned_data
        return Terms(
            limit_ticks=data.get("limit") or 0,
            hard=data["at_limit"] == "hard",
            contact=data["contact"],
            note=data["note"],
        )


class ChangeForm(TermsForm):
    """Other terms of a budget; it knows which ones it was made from."""

    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput())

    def __init__(self, *args: Any, budget: Budget, **kw: Any) -> None:
        # The version first: terms that are newer than it are refused, and not lost.
        self.budget, seen = budget, version_of(budget)
        budget.refresh_from_db()
        kw["initial"] = {
            "limit": budget.limit_ticks,
            "at_limit": "hard" if budget.hard else "soft",
            "contact": budget.contact_id,
            "note": budget.note,
            "seen": seen,
        }
        super().__init__(*args, **kw)
        contact: Any = self.fields["contact"]
        if budget.contact.role == Role.ADMIN:
            contact.queryset |= User.objects.filter(pk=budget.contact_id)
        else:
            contact.empty_label = "choose an admin"

    def refuse(self, sentence: str) -> None:
        """Say why nothing was changed; sent again, it follows what there is now."""
        self.add_error(None, sentence)
        seen = version_of(self.budget)
        self.data = {**dict(self.data.items()), "seen": str(seen)}


class BudgetForm(TermsForm):
    """A new budget, or one for each of several spans."""

    team = RowChoice(
        label="Team",
        queryset=Team.objects.all(),
        required=False,
        empty_label="all teams",
        widget=forms.Select(),
    )
    who = forms.ChoiceField(
        label="Person",
        required=False,
        widget=forms.Select(),
        error_messages={"invalid_choice": NOT_LISTED},
    )
    key = KeyChoice(
        label="Key",
        queryset=ApiKey.objects.filter(removed_at=None).select_related("team"),
        required=False,
        empty_label="any key",
        widget=forms.Select(),
    )
    model = ModelChoice(
        label="Model",
        queryset=LanguageModel.objects.order_by("model_id", "host"),
        required=False,
        empty_label="any model",
        widget=forms.Select(),
    )
    day = DollarsField("A day, $", required=False)
    week = DollarsField("A week, $", required=False)
    month = DollarsField("A month, $", required=False)

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        del self.fields["limit"]
        people = User.objects.filter(is_active=True).order_by("name", "username")
        self.fields["who"].choices = [  # type: ignore[attr-defined]
            ("", "everybody together"),
            (EACH, "each person by themselves"),
            *((str(one.pk), called(one)) for one in people),
        ]

    def clean(self) -> dict[str, Any]:
        """Want one limit at least."""
        data = super().clean() or {}
        if not self.errors and not self.limits:
            self.add_error("day", "Give a limit for a day, a week or a month.")
        return data

    @property
    def limits(self) -> dict[Span, int]:
        """Return the limits that were given, in ticks."""
        given = {span: self.cleaned_data.get(span.value) for span in Span}
        return {span: ticks for span, ticks in given.items() if ticks is not None}

    @property
    def subject(self) -> Subject:
        """Return whose calls it counts, or calls with what."""
        data = self.cleaned_data
        who = data["who"]
        person = User.objects.get(pk=UUID(who)) if who not in ("", EACH) else None
        return Subject(
            team=data["team"],
            person=person,
            each_person=who == EACH,
            key=data["key"],
            model=data["model"],
        )

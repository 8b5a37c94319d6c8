"""What the page of the sandbox can do, and what it shows. Called by its views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms

from console.sandbox.control import Control, ControlError
from console.sandbox.models import TOKEN_PRICES, Model
from console.sandbox.world import Key

RIGHTS = {
    "all": ("everything", ["api-key:model:*", "api-key:endpoint:*"]),
    "chat": ("chat only", ["api-key:model:*", "api-key:endpoint:chat"]),
    "none": ("nothing", []),
}
FAULTS = {
    "429": "too many requests",
    "503": "server error 503",
    "hang": "no answer at all",
    "clear": "end all faults",
}
TOKENIZERS = {"4": "finer", "8": "as at first", "16": "coarser"}
FACTORS = {
    "0.5": "half",
    "1.2": "20% more",
    "2": "double",
    "20": "20 times as much, which is odd",
}


@dataclass(frozen=True, slots=True)
class TeamRow:
    """One team at the sandbox, with its keys."""

    id: str
    name: str
    blocked: bool
    keys: list[Key]


@dataclass(frozen=True, slots=True)
class Board:
    """The whole page; without the sandbox only `problem`."""

    teams: list[TeamRow]
    spare: list[Key]
    models: list[Model]
    problem: str = ""
    rights: tuple[tuple[str, str], ...] = tuple((k, v[0]) for k, v in RIGHTS.items())
    faults: tuple[tuple[str, str], ...] = tuple(FAULTS.items())
    factors: tuple[tuple[str, str], ...] = tuple(FACTORS.items())
    tokenizers: tuple[tuple[str, str], ...] = tuple(TOKENIZERS.items())


def board(control: Control) -> Board:
    """Return the sandbox as it stands. Keys hold their secrets: sample data only."""
    try:
        world = control.world()
    except ControlError as error:
        return Board([], [], [], problem=f"{error}.")
    by_name = sorted(world.keys, key=lambda key: key.name)
    teams = [
        TeamRow(
            id=team.id,
            name=team.name,
            blocked=team.blocked,
            keys=[key for key in by_name if key.team_id == team.id],
        )
        for team in world.teams
    ]
    priced = [model for model in world.models if model.prompt_text_token_price]
    return Board(teams, [key for key in by_name if key.spare], priced)


class TeamForm(forms.Form):
    """Which team, and whether xAI blocks it."""

    team = forms.CharField(max_length=64)
    blocked = forms.BooleanField(required=False)

    @staticmethod
    def act(control: Control, wanted: dict[str, Any]) -> str:
        """Do it; return what was done."""
        team = control.change_team(wanted["team"], blocked=wanted["blocked"])
        done = "blocked" if team.blocked else "no longer blocked"
        return f"At the sandbox the team {team.name} is {done}."


class KeyForm(forms.Form):
    """Which key, and one thing to change."""

    key = forms.CharField(max_length=64)
    change = forms.ChoiceField(
        choices=[(n, n) for n in ("block", "unblock", "disable", "enable", "rights")]
    )
    rights = forms.ChoiceField(
        choices=[(name, words) for name, (words, _) in RIGHTS.items()], required=False
    )

    def clean(self) -> dict[str, Any]:
        """A change of rights names them."""
        data = super().clean() or self.cleaned_data
        if data.get("change") == "rights" and not data.get("rights"):
            self.add_error("rights", "Choose the rights.")
        return data

    @staticmethod
    def act(control: Control, wanted: dict[str, Any]) -> str:
        """Do it; return what was done."""
        words, acls = RIGHTS.get(wanted["rights"], ("", []))
        changes: dict[str, tuple[dict[str, Any], str]] = {
            "block": ({"blocked": True}, "is blocked by xAI"),
            "unblock": ({"blocked": False}, "is no longer blocked"),
            "disable": ({"disabled": True}, "is disabled"),
            "enable": ({"disabled": False}, "is enabled"),
            "rights": ({"acls": acls}, f"may do {words}"),
        }
        change, done = changes[wanted["change"]]
        key = control.change_key(wanted["key"], **change)
        return f"At the sandbox {key.name} {done}."


class PriceForm(forms.Form):
    """Which model, and what its token prices are multiplied by."""

    model = forms.CharField(max_length=200)
    factor = forms.ChoiceField(choices=list(FACTORS.items()))

    @staticmethod
    def act(control: Control, wanted: dict[str, Any]) -> str:
        """Multiply all token prices, in whole ticks; return what was done."""
        models = {model.id: model for model in control.world().models}
        model = models.get(wanted["model"])
        if model is None:
            raise ControlError("there is no such model")
        tenths = round(float(wanted["factor"]) * 10)
        names = [name for name in TOKEN_PRICES if "_price" in name]
        now = {name: getattr(model, name) for name in names}
        new = {name: price * tenths // 10 for name, price in now.items() if price}
        control.change_model(model.id, **new)
        return (
            f"At the sandbox {model.id} costs {FACTORS[wanted['factor']]}. Gatehouse "
            "reads prices at its next look; “Look now” does it at once."
        )


class TokenizerForm(forms.Form):
    """Which model, and how it cuts text from now on."""

    model = forms.CharField(max_length=200)
    letters = forms.ChoiceField(choices=list(TOKENIZERS.items()))

    @staticmethod
    def act(control: Control, wanted: dict[str, Any]) -> str:
        """Exchange the tokenizer; return what was done."""
        letters = wanted["letters"]
        model = control.change_model(wanted["model"], longest_token=int(letters))
        return f"At the sandbox {model.id} cuts text {TOKENIZERS[letters]}."


class FaultForm(forms.Form):
    """What goes wrong with the next five calls of a key."""

    kind = forms.ChoiceField(choices=list(FAULTS.items()))
    key = forms.CharField(max_length=64, required=False)

    TIMES = 5

    def clean(self) -> dict[str, Any]:
        """Only the end of all faults needs no key."""
        data = super().clean() or self.cleaned_data
        if data.get("kind") != "clear" and not data.get("key"):
            self.add_error("key", "Choose a key.")
        return data

    @classmethod
    def act(cls, control: Control, wanted: dict[str, Any]) -> str:
        """Order the fault, or end all; return what was done."""
        if wanted["kind"] == "clear":
            control.clear_faults()
            return "The sandbox answers everything again."
        match = {"api_key_id": wanted["key"]}
        control.add_fault(wanted["kind"], match=match, times=cls.TIMES)
        return f"The next {cls.TIMES} calls meet: {FAULTS[wanted['kind']]}."


class NewKeyForm(forms.Form):
    """A key to make at the sandbox."""

    name = forms.CharField(max_length=100)
    team = forms.CharField(max_length=64)
    rights = forms.ChoiceField(
        choices=[(name, words) for name, (words, _) in RIGHTS.items()]
    )

    @staticmethod
    def act(control: Control, wanted: dict[str, Any]) -> str:
        """Make a spare key; its secret is shown in the list of spare keys."""
        acls = RIGHTS[wanted["rights"]][1]
        key = control.create_key(wanted["name"], wanted["team"], acls, spare=True)
        return f"{key.name} exists at the sandbox. Its secret is under Spare keys."

"""A client of the control API, for tests, for seeding and for the try-out page.

control = Control("http://127.0.0.1:8900")
key = control.key("search-staging")
control.change_key(key.api_key_id, disabled=True)
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

from console.sandbox.faults import Fault
from console.sandbox.models import Model
from console.sandbox.usage import Usage
from console.sandbox.world import Call, Key, Settings, Team

TIMEOUT = 10.0  # seconds


class ControlError(Exception):
    """The sandbox did not answer, or refused; nothing was changed."""

    def __init__(self, text: str, *, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status  # None: no answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The world at one moment. The keys hold their secrets."""

    teams: list[Team]
    keys: list[Key]
    models: list[Model]
    settings: Settings
    faults: list[Fault]  # the permanent ones

    def team(self, name: str) -> Team:
        return next(team for team in self.teams if team.name == name)

    def key(self, name: str) -> Key:
        return next(key for key in self.keys if key.name == name)

    def model(self, name: str) -> Model:
        return next(model for model in self.models if model.id == name)


class Control:
    """Every method is one request and raises ControlError alone."""

    def __init__(self, base_url: str, *, timeout: float = TIMEOUT) -> None:
        self.base_url = base_url.rstrip("/")
        self.timeout = timeout
        self._opener = build_opener(ProxyHandler({}))  # never through a proxy

    def health(self) -> dict[str, Any]:
        return self._ask("GET", "health")

    def world(self) -> Snapshot:
        data = self._ask("GET", "world")
        return Snapshot(
            teams=[Team(**row) for row in data["teams"]],
            keys=[Key(**row) for row in data["keys"]],
            models=[Model(**row) for row in data["models"]],
            settings=Settings(**data["settings"]),
            faults=[Fault(**row) for row in data["faults"]],
        )

    def create_key(self, name: str, team: str, acls: list[str], **more: Any) -> Key:
        """Make a key in a team given by id or name; `more`: owner, note, spare."""
        body = {"name": name, "team": team, "acls": acls} | more
        return Key(**self._ask("POST", "keys", body))

    def create_keys(
        self, name: str, team: str, acls: list[str], *, count: int
    ) -> list[Key]:
        """Make many keys at once, named `name-00000` and so on."""
        body = {"name": name, "team": team, "acls": acls, "count": count}
        return [Key(**row) for row in self._ask("POST", "keys", body)["keys"]]

    def change_key(self, api_key_id: str, **changes: Any) -> Key:
        """Change blocked, disabled, accepted, acls or name; `modified_by`: who."""
        return Key(**self._ask("PATCH", f"keys/{_part(api_key_id)}", changes))

    def delete_key(self, api_key_id: str) -> None:
        self._ask("DELETE", f"keys/{_part(api_key_id)}")

    def change_team(self, team_id: str, **changes: Any) -> Team:
        """Change blocked or name."""
        return Team(**self._ask("PATCH", f"teams/{_part(team_id)}", changes))

    def add_model(self, model_id: str, **facts: Any) -> Model:
        return Model(**self._ask("POST", "models", {"id": model_id} | facts))

    def change_model(self, model_id: str, **changes: Any) -> Model:
        """Change prices, aliases, fingerprint, longest_token, retired and so on."""
        return Model(**self._ask("PATCH", f"models/{_part(model_id)}", changes))

    def settings(self, **changes: Any) -> Settings:
        """Change settings; without any, only read them."""
        return Settings(**self._ask("PATCH", "settings", changes))

    def add_fault(
        self, kind: str, *, match: Mapping[str, str] | None = None, **more: Any
    ) -> Fault:
        """Order a fault; `more`: times, retry_after, after_events, seconds."""
        body = {"kind": kind, "match": dict(match or {})} | more
        return Fault(**self._ask("POST", "faults", body))

    def faults(self) -> list[Fault]:
        return [Fault(**row) for row in self._ask("GET", "faults")["faults"]]

    def clear_faults(self) -> None:
        """Clear all faults but the permanent ones."""
        self._ask("DELETE", "faults")

    def ledger(self) -> list[Call]:
        """Return the calls that reached a model, oldest first."""
        return [_call(row) for row in self._ask("GET", "ledger")["calls"]]

    def reset(self) -> None:
        """Go back to the world as seeded; the keys keep their ids and secrets."""
        self._ask("POST", "reset", {})

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        request = Request(
            f"{self.base_url}/sandbox/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        try:
            with self._opener.open(request, timeout=self.timeout) as answer:
                data = json.load(answer)
        except HTTPError as error:
            with error:
                raise ControlError(_reason(error), status=error.code) from None
        except (OSError, ValueError) as error:
            text = f"the sandbox did not answer: {type(error).__name__}"
            raise ControlError(text) from None
        if not isinstance(data, dict):
            raise ControlError("the sandbox answered something else than an object")
        return data


def _part(text: str) -> str:
    return quote(text, safe="")


def _call(row: dict[str, Any]) -> Call:
    usage = row.pop("usage")
    return Call(usage=None if usage is None else Usage(**usage), **row)


def _reason(error: HTTPError) -> str:
    try:
        return str(json.load(error)["error"])
    except (ValueError, KeyError, TypeError):
        return f"the sandbox answered {error.code}"

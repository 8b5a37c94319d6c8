"""Everything the sandbox knows: teams, keys, models, settings, faults, calls.

One process, one event loop, one world: nothing here is locked.
"""

import secrets
import string
import uuid
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from console.sandbox.faults import Faults
from console.sandbox.models import Model
from console.sandbox.usage import Usage

SECRET_ALPHABET = string.ascii_letters + string.digits
LEDGER_LENGTH = 10_000
REMEMBERED_PROMPTS = 10_000


@dataclass(slots=True, kw_only=True)
class Team:
    id: str
    name: str
    admin_id: str  # who changes keys when nobody is named
    blocked: bool = False


@dataclass(slots=True, kw_only=True)
class Key:
    api_key_id: str
    secret: str = field(repr=False)
    name: str
    team_id: str
    user_id: str
    acls: list[str]
    create_time: str
    modify_time: str
    modified_by: str
    blocked: bool = False  # by xAI
    disabled: bool = False  # by the customer
    accepted: bool = True  # False: answered as if xAI had never seen it
    spare: bool = False  # exists here, and no console stores it at first
    owner: str | None = None  # suggestions for whoever stores the key
    note: str = ""

    def told(self, team: Team) -> dict[str, Any]:
        """Return the answer of /v1/api-key; `team` is the key's."""
        return {
            "redacted_api_key": f"xai-...{self.secret[-4:]}",
            "user_id": self.user_id,
            "name": self.name,
            "create_time": self.create_time,
            "modify_time": self.modify_time,
            "modified_by": self.modified_by,
            "team_id": self.team_id,
            "acls": self.acls,
            "api_key_id": self.api_key_id,
            "team_blocked": team.blocked,
            "api_key_blocked": self.blocked,
            "api_key_disabled": self.disabled,
        }


@dataclass(slots=True, kw_only=True)
class Settings:
    """Where the real service's behaviour is unknown or may change, it is a setting."""

    pace: float = 0.02  # seconds between two events of a stream
    messages_index: bool = False  # True repairs the defect seen in /v1/messages streams
    api_key_status_when_blocked: int = 200  # or 403
    model_denied_status: int = 403  # or 404
    lists_need_acl: bool = True  # model lists need `api-key:endpoint:models`
    acl_by_alias: bool = True  # an ACL on an alias allows the model behind it
    max_body: int = 32 * 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Call:
    """One POST that reached a model; it stays in the ledger while it runs."""

    request_id: str
    client_request_id: str | None
    api_key_id: str
    endpoint: str
    model: str
    at: str
    usage: Usage | None = None
    ticks: int | None = None  # None where xAI asks no price: tokenizing
    streamed_events: int = 0
    completed: bool = False
    client_left: bool = False


@dataclass(kw_only=True)
class World:
    teams: dict[str, Team] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)  # by api_key_id
    models: dict[str, Model] = field(default_factory=dict)  # by id
    settings: Settings = field(default_factory=Settings)
    faults: Faults = field(default_factory=Faults)
    ledger: deque[Call] = field(default_factory=lambda: deque(maxlen=LEDGER_LENGTH))
    origin: dict[str, Any] = field(default_factory=dict)  # as seeded, for a reset

    def __post_init__(self) -> None:
        self.forget_prompts()
        self.index()

    def index(self) -> None:
        """Rebuild the look-ups; to be called after a change of keys or models."""
        self._by_secret = {key.secret: key for key in self.keys.values()}
        self._by_name: dict[str, Model] = {}
        for model in self.models.values():
            for name in (*model.redirected, *model.aliases):
                self._by_name.setdefault(name, model)
        self._by_name.update(self.models)  # a real id wins over any alias

    def key_by_secret(self, secret: str) -> Key | None:
        key = self._by_secret.get(secret)
        return key if key is not None and key.accepted else None

    def model_named(self, name: str) -> Model | None:
        """Return the model for an id, an alias or a redirected old name."""
        return self._by_name.get(name)

    def add_key(
        self, *, name: str, team: Team, acls: Iterable[str], **more: Any
    ) -> Key:
        """Make a key with a new random secret."""
        now = timestamp()
        facts = {"create_time": now, "modify_time": now, "user_id": team.admin_id}
        facts["modified_by"] = team.admin_id
        key = Key(
            api_key_id=str(uuid.uuid4()),
            secret=new_secret(),
            name=name,
            team_id=team.id,
            acls=list(acls),
            **(facts | more),
        )
        self.keys[key.api_key_id] = key
        self._by_secret[key.secret] = key
        return key

    def remove_key(self, key: Key) -> None:
        del self.keys[key.api_key_id]
        del self._by_secret[key.secret]

    def forget_prompts(self) -> None:
        self._prompts: OrderedDict[int, None] = OrderedDict()

    def seen_prompt(self, prefix: int) -> bool:
        """Remember a prompt prefix by its hash; True if it was known before."""
        known = prefix in self._prompts
        self._prompts[prefix] = None
        self._prompts.move_to_end(prefix)
        if len(self._prompts) > REMEMBERED_PROMPTS:
            self._prompts.popitem(last=False)
        return known


def new_secret() -> str:
    return "xai-" + "".join(secrets.choice(SECRET_ALPHABET) for _ in range(80))


def timestamp(at: datetime | None = None) -> str:
    """Return an instant as xAI writes it: UTC with microseconds and a Z."""
    at = at or datetime.now(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

"""What a form would send, without sending it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from console.accounts.models import User
from console.keys import upstream
from console.playground.forms import ChatForm, MessagesForm
from console.relay.candidates import candidates_of
from console.usage.models import Endpoint
from console.xai import endpoints

LARGE = 128 * 1024  # characters
PromptForm = ChatForm | MessagesForm


@dataclass(frozen=True, slots=True)
class Asking:
    """One request: where to, and the JSON."""

    endpoint: Endpoint
    host: str  # the address, https://api.x.ai
    body: dict[str, object]

    @property
    def text(self) -> str:
        """Return the body as JSON to read."""
        return json.dumps(self.body, indent=2, ensure_ascii=False)

    @property
    def is_large(self) -> bool:
        """Whether it would bury the code around it, as an image does."""
        return len(json.dumps(self.body)) > LARGE


def endpoint_of(name: str) -> Endpoint:
    """Return the dialect of this name; chat, unless it is messages."""
    return Endpoint.MESSAGES if name == Endpoint.MESSAGES else Endpoint.CHAT


def form_of(endpoint: Endpoint, data: Mapping[str, Any]) -> PromptForm:
    """Return the form of a dialect, filled."""
    return MessagesForm(data) if endpoint == Endpoint.MESSAGES else ChatForm(data)


def body_of(form: PromptForm) -> dict[str, object]:
    """Return the JSON that the relay would send for a valid form."""
    call: endpoints.Call[Any]
    if isinstance(form, MessagesForm):
        call = endpoints.messages_stream(form.body())
    else:
        call = endpoints.chat_stream(form.body())
    body: dict[str, object] = json.loads(call.body or b"{}")
    return body


def host_for(person: User, model: str, *, team_id: UUID | None = None) -> str:
    """Return the address that calls of this person go to for a model; one query.

    Of several, that of the key with the least access, as at admission. `team_id` is
    of the team that pays, if one was chosen.
    """
    found = candidates_of(person, asked=model, team_id=team_id)
    fitting = [candidate for candidate in found if candidate.model] or found
    chosen = min(fitting, key=lambda candidate: candidate.strength, default=None)
    name = chosen.key.host if chosen else upstream.default_host()
    return upstream.address(name).rstrip("/")

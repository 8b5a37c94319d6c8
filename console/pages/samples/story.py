"""What happened in the thirty days before the first start. Data only.

Written as what was told then, where it is not what the sandbox tells now: so the
history ends at the sandbox's own world, and the first poll after it changes nothing.
Times are days before now. No two of them are so near that their looks would mix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

DAYS: Final = 30
OUTAGE: Final = (27.5, 27.0)  # Gatehouse did not run, so nothing was looked at
OPEN_FROM: Final = 4.0  # incidents of older changes were acknowledged


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelThen:
    """What one model was in a time; `team`: only for that one."""

    model: str
    since: float = DAYS + 1
    until: float
    team: str = ""
    listed: bool = True
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyThen:
    """What one key was in a time; `until` None: until xAI says it was modified.

    `note` is what ada said when she confirmed the change; "": nobody looked yet.
    """

    key: str
    since: float = DAYS + 1
    until: float | None = None
    facts: Mapping[str, Any]
    note: str = ""


def _prices(prompt: int, cached: int, completion: int) -> dict[str, int]:
    """Return prices with a long-context tier at twice of each, in ticks per token."""
    return {
        "prompt_text_token_price": prompt,
        "cached_prompt_text_token_price": cached,
        "completion_text_token_price": completion,
        "prompt_text_token_price_long_context": 2 * prompt,
        "cached_prompt_text_token_price_long_context": 2 * cached,
        "completion_text_token_price_long_context": 2 * completion,
    }


def _acls(models: str, endpoints: str) -> list[str]:
    return [
        *(f"api-key:model:{name}" for name in models.split()),
        *(f"api-key:endpoint:{name}" for name in endpoints.split()),
    ]


# Several things change at one moment, since each costs a look of every team.
MODELS: Final = (
    ModelThen(model="grok-4.3", until=24.3, facts=_prices(15_000, 3_000, 30_000)),
    ModelThen(
        model="grok-build-0.1",
        until=15.2,
        facts={"version": "0.0.9", "fingerprint": "fp_b00e4130c9"},
    ),
    ModelThen(model="grok-build-0.1", since=18.6, until=15.2, listed=False),
    ModelThen(
        model="grok-4.6",
        since=15.2,
        until=8.2,
        team="Platform",
        facts=_prices(22_000, 5_500, 66_000),
    ),
    ModelThen(model="grok-4.5", until=11.4, facts=_prices(18_000, 5_000, 54_000)),
    ModelThen(
        model="grok-4.5",
        since=11.4,
        until=3.4,
        facts={
            "cached_prompt_text_token_price": 5_000,
            "cached_prompt_text_token_price_long_context": 10_000,
        },
    ),
    ModelThen(
        model="grok-4.20-0309-non-reasoning",
        until=11.4,
        facts={"aliases": ["grok-4.20", "grok-4.20-non-reasoning"]},
    ),
    ModelThen(
        model="grok-4.20-0309-reasoning",
        until=11.4,
        facts={"aliases": ["grok-4.20-reasoning"]},
    ),
    ModelThen(model="grok-4.7", until=6.2, listed=False),
    ModelThen(model="grok-4.3", until=6.2, facts={"fingerprint": "fp_43f1e62b08"}),
)

KEYS: Final = (
    KeyThen(
        key="search-staging",
        facts={"acls": _acls("*", "chat models")},
        note="Staging tests the tokenizer as well; asked for by Mara.",
    ),
    KeyThen(
        key="platform-gateway",
        facts={"acls": _acls("*", "chat models tokenize sample")},
        note="The gateway is to reach what xAI adds; agreed with Priya.",
    ),
    KeyThen(
        key="search-prod-rewrite",
        since=21.4,
        until=20.4,
        facts={"blocked": True},
    ),
    KeyThen(
        key="lab-agents",
        facts={"name": "lab-agents-trial"},
        note="Renamed when the trial ended.",
    ),
    KeyThen(
        key="support-legacy-bot",
        facts={"disabled": False},
        note="The bot is switched off until the archive is read.",
    ),
    KeyThen(
        key="support-desk-prod",
        facts={
            "acls": _acls(
                "grok-4.3 grok-4.6 grok-4.20-0309-non-reasoning", "chat models"
            )
        },
        note="It never used grok-4.6; narrowed after the review of rights.",
    ),
    KeyThen(
        key="lab-interns-2026",
        facts={"acls": _acls("grok-4.3", "chat")},
        note="Jun knows of it; to be narrowed when the summer ends.",
    ),
    KeyThen(
        key="support-desk-triage",
        facts={
            "acls": _acls(
                "grok-4.6 grok-4.5 grok-4.3 grok-4.20-0309-reasoning "
                "grok-4.20-0309-non-reasoning grok-build-0.1 grok-2-1212",
                "chat models",
            )
        },
    ),
)

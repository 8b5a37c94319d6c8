"""Traces and endings as the pump tells them, made directly."""

from __future__ import annotations

import json
from typing import Any

from console import xai
from console.catalog.costs import Prices
from console.relay.ended import Ended
from console.relay.tracing import Moment, Trace
from console.usage.booking import Basis, Cost
from console.usage.models import CostSource, Outcome
from tests.relay.stock import PRICES
from tests.relay.upstream import USAGE

BODY = {"model": "grok-4.3", "messages": [{"role": "user", "content": "Hi"}]}
GROK = Prices(**PRICES)
TOLD = xai.Usage.from_chat(USAGE)


def asked(body: Any = BODY, **headers: str) -> xai.Asked:
    return xai.Asked(
        method="POST",
        url="https://api.x.ai/v1/chat/completions",
        headers=tuple({"user-agent": "gatehouse", **headers}.items()),
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
    )


def trace(**changes: Any) -> Trace:
    facts: dict[str, Any] = {
        "asked": asked(),
        "key_label": "search-prod",
        "status": 200,
        "request_id": "up-1",
        "headers": (("content-type", "text/event-stream"),),
        "connected": 0.1,
        "reused": False,
        "answered": 0.2,
        "first_token": 0.5,
        "last_event": 2.0,
        "ended": 2.1,
        "first": (Moment(0.5, "text", "Hello"), Moment(2.0, "usage")),
        "last": (),
        "left_out": 0,
        "counts": (("text", 1), ("usage", 1)),
    }
    return Trace(**facts | changes)


def cost(**changes: Any) -> Cost:
    facts: dict[str, Any] = {
        "source": CostSource.REPORTED,
        "ticks": 4_121_500,
        "reported_ticks": 4_121_500,
        "computed_ticks": 4_121_500,
        "basis": Basis(prices=GROK, usage=TOLD, messages=False),
    }
    return Cost(**facts | changes)


def ended(**changes: Any) -> Ended:
    facts: dict[str, Any] = {
        "outcome": Outcome.COMPLETE,
        "text": "Hello",
        "reasoning": "",
        "finish": "stop",
        "model": "grok-4.3",
        "usage": TOLD,
        "cost": cost(),
        "problem": None,
        "first_token_after": 0.5,
        "seconds": 2.1,
        "last_event_after": 2.0,
        "trace": trace(),
    }
    return Ended(**facts | changes)

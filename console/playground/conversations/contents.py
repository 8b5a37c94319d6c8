"""What a turn holds, as JSON and as what the page shows. Pure.

a prompt    {"content": text, or what the endpoint takes as parts}
an answer   {"text", "reasoning"} while it comes; {"ended", "expected", "asked"} too
            afterwards
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from console import xai
from console.catalog import costs
from console.playground.models import Role, TurnState
from console.playground.structured.expected import Expected
from console.relay.ended import Ended
from console.relay.hearing import ToolCall
from console.relay.sentences import Problem
from console.usage.booking import Basis, Cost
from console.usage.models import (
    CostSource,
    Endpoint,
    Outcome,
    RecordState,
    UsageRecord,
)

Json = dict[str, Any]

LONGEST_TITLE = 80
UNTITLED = "Untitled"
NO_IMAGE = {"type": "text", "text": "[image, not kept]"}

DIED = Problem(
    sentence="The part of Gatehouse that read this answer ended before it did.",
    advice="What came is shown. Its cost stays unknown, and is booked so within a few "
    "minutes. Send it again.",
    cause="server_died",
)

UNKEPT = Problem(
    sentence="The end of this answer could not be kept.",
    advice="What was kept before is shown: the vault was sealed, or the database away, "
    "when the end came. Its cost is booked. Send it again.",
    cause="end_not_kept",
)


def state_of(ended: Ended) -> TurnState:
    """Return how far an answer came that has ended."""
    if ended.outcome == Outcome.COMPLETE:
        return TurnState.WHOLE
    return TurnState.CUT if ended.text or not ended.problem else TurnState.FAILED


def to_json(
    ended: Ended, expected: Expected | None = None, asked: Json | None = None
) -> Json:
    """Return what to keep of an answer. Its cost is not: the record has it.

    `asked` are the fields of the page that it was asked with.
    """
    return {
        "text": ended.text,
        "reasoning": ended.reasoning,
        "ended": {
            "outcome": str(ended.outcome),
            "finish": ended.finish,
            "model": ended.model,
            "usage": asdict(ended.usage) if ended.usage else None,
            "problem": asdict(ended.problem) if ended.problem else None,
            "first_token_after": ended.first_token_after,
            "seconds": ended.seconds,
            "last_event_after": ended.last_event_after,
            "others": list(ended.others),
            "tool_calls": [asdict(call) for call in ended.tool_calls],
        },
        "expected": {"schema": expected.schema} if expected else None,
        "asked": asked,
    }


def from_json(content: Json, record: UsageRecord | None) -> Ended:
    """Return a kept answer; one without an end says why it has none."""
    kept = content.get("ended")
    why = {"problem": asdict(_why_endless(record))}
    ended: Json = kept if isinstance(kept, dict) else why
    outcome = ended.get("outcome")
    usage = _known(xai.Usage, ended.get("usage"))
    return Ended(
        outcome=Outcome(outcome) if outcome in Outcome.values else Outcome.LOST,
        text=text_of(content),
        reasoning=str(content.get("reasoning") or ""),
        finish=str(ended.get("finish") or ""),
        model=str(ended.get("model") or ""),
        usage=usage,
        cost=cost_of(record, usage),
        problem=_known(Problem, ended.get("problem")),
        first_token_after=ended.get("first_token_after"),
        seconds=float(ended.get("seconds") or 0),
        last_event_after=ended.get("last_event_after"),
        others=tuple(map(str, ended.get("others") or ())),
        tool_calls=tuple(ToolCall(**call) for call in ended.get("tool_calls") or ()),
    )


def _why_endless(record: UsageRecord | None) -> Problem:
    """Return what became of the end: whoever booked the call had heard it."""
    if record is None or record.state != RecordState.SETTLED:
        return DIED
    return DIED if record.outcome == Outcome.LOST else UNKEPT


def expected_of(content: Json) -> Expected | None:
    """Return the kind of answer that was asked for, if it was JSON."""
    told = content.get("expected")
    return Expected(told.get("schema")) if isinstance(told, dict) else None


def cost_of(record: UsageRecord | None, usage: xai.Usage | None) -> Cost | None:
    """Return what a call was booked with, and from what; None if it is not booked."""
    if record is None or record.state != RecordState.SETTLED:
        return None
    source = CostSource(record.counted_source)
    return Cost(
        source=source,
        ticks=record.counted_ticks,
        reported_ticks=record.reported_ticks,
        computed_ticks=record.computed_ticks,
        basis=Basis(
            prices=costs.Prices.of(record.price) if record.price else None,
            # What was guessed of an answer that was cut is not kept.
            usage=None if source == CostSource.ESTIMATED else usage,
            messages=record.endpoint == Endpoint.MESSAGES,
        ),
    )


def text_of(content: Json) -> str:
    """Return the words of a turn; of a prompt in parts those that are text."""
    if "text" in content:
        return str(content["text"] or "")
    said = content.get("content")
    if not isinstance(said, list):
        return str(said or "")
    parts = [part for part in said if isinstance(part, dict)]
    return "\n\n".join(str(part["text"]) for part in parts if part.get("text"))


def title_of(turns: Sequence[Json]) -> str:
    """Return the first line of the first prompt, cut where it gets long."""
    first = next((turn for turn in turns if turn["role"] == Role.USER), None)
    text = text_of({"content": first["content"]}) if first else ""
    line = " ".join(next(iter(text.strip().splitlines()), "").split()) or UNTITLED
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1]}…"


def kept(content: object) -> object:
    """Return what is kept of a prompt as it was sent: images never are."""
    if not isinstance(content, list):
        return content
    return [part if part["type"] == "text" else NO_IMAGE for part in content]


def images_lost(content: Json) -> int:
    """Return how many images of a prompt were not kept."""
    parts = content.get("content")
    return parts.count(NO_IMAGE) if isinstance(parts, list) else 0


def said(content: Json) -> object:
    """Return what the endpoint is sent of a turn."""
    return content["text"] if "text" in content else content.get("content")


def _known(kind: type[Any], told: object) -> Any:
    """Make one from what was kept of it; names that an older version had go."""
    if not isinstance(told, Mapping):
        return None
    names = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in told.items() if name in names})

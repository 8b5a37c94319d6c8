"""The parts of an answer: its text, other choices, calls of tools; as HTML and text."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.template.loader import render_to_string

from console.playground import markdown
from console.playground.structured.expected import Expected, pretty_of
from console.relay.ended import Ended
from console.relay.hearing import ToolCall


def html_of(ended: Ended, expected: Expected | None) -> str:
    """Return all of an answer as HTML; JSON that was asked for with a verdict."""
    return markdown.together(_html_of(ended, expected))


def text_of(ended: Ended) -> str:
    """Return what the conversation goes on with: the first choice, and its calls."""
    calls = [f"{call.name}({call.arguments})" for call in ended.tool_calls]
    return "\n".join([*filter(None, [ended.text]), *calls])


def _html_of(ended: Ended, expected: Expected | None) -> Iterator[str]:
    if ended.text or not ended.tool_calls:
        yield _choice(ended.text, expected)
    for number, text in enumerate(ended.others, start=2):
        title = {"number": number, "among": len(ended.others) + 1}
        yield render_to_string("playground/_other_answer.html", title)
        yield _choice(text, expected)
    for call in ended.tool_calls:
        context = {"name": call.name, "pretty": _pretty(call)}
        yield render_to_string("playground/_tool_call.html", context)


def _choice(text: str, expected: Expected | None) -> str:
    if expected is None or not text:
        return markdown.render(text)
    verdict = {"verdict": expected.judge(text)}
    return render_to_string("playground/_json_answer.html", verdict)


def _pretty(call: ToolCall) -> str:
    try:
        return pretty_of(json.loads(call.arguments), call.arguments)
    except (ValueError, RecursionError):
        return call.arguments

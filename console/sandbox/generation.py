"""One answer of a model, cut into tokens, and what ended it."""

from collections.abc import Sequence
from dataclasses import dataclass

from console.sandbox import answers, tokens
from console.sandbox.models import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What all four dialects ask for, once their bodies are read."""

    prompt: str  # the text that the answer is made from
    limit: int | None = None  # visible tokens; reasoning is never limited by it
    stop: Sequence[str] = ()
    effort: str = "none"
    salt: str = ""
    fixed: str | None = None  # an answer that the request's format dictates


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    reasoning: list[str]  # one string per token, in both
    visible: list[str]
    cut: bool = False  # the limit ended it
    stopped_by: str | None = None  # the stop sequence that ended it

    @property
    def text(self) -> str:
        return "".join(self.visible)

    @property
    def thinking(self) -> str:
        return "".join(self.reasoning)


def generate(model: Model, ask: Ask, choice: int = 0) -> Generation:
    text = ask.fixed
    if text is None:
        text = answers.answer(ask.prompt, f"{model.id}/{ask.salt}/{choice}")
    text, stopped_by = _stopped(text, ask.stop)
    visible = tokens.pieces(text, model.longest_token)
    cut = ask.limit is not None and len(visible) > ask.limit
    reasoning: list[str] = []
    if model.reasoning:
        thoughts = answers.thoughts(ask.prompt, ask.effort)
        reasoning = tokens.pieces(thoughts, model.longest_token)
    return Generation(
        reasoning=reasoning,
        visible=visible[: ask.limit],
        cut=cut,
        stopped_by=None if cut else stopped_by,
    )


def _stopped(text: str, stop: Sequence[str]) -> tuple[str, str | None]:
    """Cut the text before the stop sequence that comes first."""
    found = [(text.find(one), one) for one in stop if one and one in text]
    if not found:
        return text, None
    at, one = min(found)
    return text[:at], one

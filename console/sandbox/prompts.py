"""Prompts of both chat dialects: turns, images, their tokens and what is cached."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from console.sandbox import refusals, tokens
from console.sandbox.fields import FieldProblem, Fields
from console.sandbox.models import Model
from console.sandbox.usage import Usage
from console.sandbox.world import World

OVERHEAD = 4  # tokens around each turn
IMAGE_TOKENS = 256
CACHE_BLOCK = 16
TEXT_PARTS = ("text", "input_text")
IMAGE_URLS = ("https://", "data:image/jpeg;base64,", "data:image/png;base64,")
WEBP = "data:image/webp;base64,"


@dataclass(frozen=True, slots=True)
class Turn:
    role: str
    text: str
    images: int = 0


def chat_turns(items: list[Any]) -> list[Turn]:
    """Read the `messages` of /v1/chat/completions."""
    return [_turn(Fields(item), _CHAT_ROLES) for item in items]


def message_turns(items: list[Any], system: str) -> list[Turn]:
    """Read the `messages` of /v1/messages, its system text first."""
    first = [Turn("system", system)] if system else []
    return first + [_turn(Fields(item), _MESSAGE_ROLES) for item in items]


def question(turns: Iterable[Turn]) -> str:
    """Return the last thing the user said."""
    texts = [turn.text for turn in turns if turn.role == "user"]
    return texts[-1] if texts else ""


def measure(world: World, team_id: str, model: Model, turns: list[Turn]) -> Usage:
    """Count the prompt's tokens; a beginning that was sent before is cached."""
    images = IMAGE_TOKENS * sum(turn.images for turn in turns)
    if images and not model.sees_images:
        raise refusals.invalid(f"The model {model.id} does not support image input.")
    total, known, prefix = 0, 0, hash((team_id, model.id))
    for turn in turns:
        total += OVERHEAD + tokens.count(turn.text, model.longest_token)
        prefix = hash((prefix, turn))
        if world.seen_prompt(prefix):
            known = total
    if total + images > model.context_length:
        raise refusals.invalid(
            f"This model's maximum prompt length is {model.context_length} but the "
            f"request contains {total + images} tokens."
        )
    # The last token is never served from the cache, nor half a block.
    cached = max(0, known - 1) // CACHE_BLOCK * CACHE_BLOCK
    if not model.cached_prompt_text_token_price:
        cached = 0
    return Usage(text_tokens=total, image_tokens=images, cached_tokens=cached)


def plain_text(fields: Fields, name: str) -> str:
    """Read a text that may also come as a list of text blocks."""
    value = fields.data.get(name)
    if isinstance(value, list):
        return "\n".join(Fields(block).text("text") for block in value)
    return fields.text_or(name)


_CHAT_ROLES = ("system", "user", "assistant", "tool", "function")
_MESSAGE_ROLES = ("user", "assistant")


def _turn(fields: Fields, roles: tuple[str, ...]) -> Turn:
    role = fields.text("role")
    if role not in roles:
        expected = ", ".join(f"`{name}`" for name in roles)
        raise FieldProblem(f"unknown variant `{role}`, expected one of {expected}")
    content = fields.data.get("content")
    if content is None and role == "assistant":
        return Turn(role, "")
    if not isinstance(content, list):
        return Turn(role, fields.text("content"))
    if not content:
        raise refusals.invalid("Each message must have at least one content element.")
    texts: list[str] = []
    images = 0
    for item in content:
        text, pictures = _part(Fields(item))
        texts.append(text)
        images += pictures
    return Turn(role, "\n".join(filter(None, texts)), images)


def _part(part: Fields) -> tuple[str, int]:
    """Return the text of a content part and how many images it holds."""
    kind = part.text("type")
    if kind in TEXT_PARTS:
        return part.text("text"), 0
    if kind in ("thinking", "redacted_thinking", "tool_use"):
        return part.text_or("thinking"), 0
    if kind == "tool_result":
        return plain_text(part, "content"), 0
    if kind == "image_url":
        _check_image((part.map("image_url") or Fields({})).text("url"))
        return "", 1
    if kind == "input_image":
        _check_image(part.text("image_url"))
        return "", 1
    if kind == "image":
        _check_source(part.map("source") or Fields({}))
        return "", 1
    raise FieldProblem(f"unknown variant `{kind}`, expected one of `text`, `image_url`")


def _check_image(url: str) -> None:
    if not url.startswith((*IMAGE_URLS, WEBP)):
        raise refusals.invalid("Image must be an https URL or a base64 data URL.")


def _check_source(source: Fields) -> None:
    if source.text("type") == "base64":
        media_type, data = source.text("media_type"), source.text("data")
        _check_image(f"data:{media_type};base64,{data}")
    else:
        _check_image(source.text("url"))

"""Functions that a model may ask to have called, in both dialects.

Gatehouse calls none: it shows what the model asks for, and the next turn can answer.
"""

from __future__ import annotations

import re
from json import JSONDecodeError
from typing import Any

from django import forms
from django.db.models import TextChoices

from console.playground.structured.schema import TooDeep, read_json

KIB = 1024
LONGEST = 64 * KIB  # bytes
DEEPEST = 32  # objects and lists within one another
MOST_TOOLS = 64  # xAI takes 350; more than these are no longer read by anyone
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
SHAPE = (
    "The tools have to be a list of functions, such as "
    '[{"name": "weather", "description": "...", "parameters": {"type": "object"}}].'
)

Tool = dict[str, Any]


class ToolChoice(TextChoices):
    """Whether the model may call them."""

    UNSET = "", ""
    AUTO = "auto", "as the model likes"
    REQUIRED = "required", "at least one"
    NONE = "none", "none"

    @property
    def in_messages(self) -> dict[str, str] | None:
        """The same for /v1/messages, which has no word for none."""
        word = {ToolChoice.AUTO: "auto", ToolChoice.REQUIRED: "any"}.get(self)
        return {"type": word} if word else None


class ToolsField(forms.CharField):
    """A JSON list of functions, each as itself or inside {"type": "function"}."""

    def __init__(self) -> None:
        super().__init__(required=False)

    def clean(self, value: object) -> list[Tool] | None:
        """Return them as /v1/chat/completions takes them; None is none."""
        text = super().clean(value).encode("utf-8", "replace").decode()
        if not text:
            return None
        if len(text.encode()) > LONGEST:
            raise forms.ValidationError("The tools are longer than 64 KB. Drop some.")
        try:
            tools = read_json(text, deepest=DEEPEST)
        except TooDeep:
            raise forms.ValidationError(
                f"The tools are more than {DEEPEST} levels deep. Flatten them."
            ) from None
        except JSONDecodeError as error:
            where = f"line {error.lineno}, column {error.colno}"
            raise forms.ValidationError(
                f"The tools are no JSON: {error.msg} at {where}."
            ) from None
        except ValueError:
            raise forms.ValidationError(
                "The tools are no JSON: a number in them is none."
            ) from None
        if not isinstance(tools, list) or len(tools) > MOST_TOOLS:
            raise forms.ValidationError(SHAPE)
        return [_tool(tool) for tool in tools] or None


def tools_in_messages(tools: list[Tool]) -> list[Tool]:
    """Return functions as /v1/messages takes them."""
    return [
        {
            "name": function["name"],
            **{k: function[k] for k in ("description",) if k in function},
            "input_schema": function.get("parameters", {"type": "object"}),
        }
        for function in (tool["function"] for tool in tools)
    ]


def _tool(tool: object) -> Tool:
    function = tool.get("function", tool) if isinstance(tool, dict) else None
    if not isinstance(function, dict):
        raise forms.ValidationError(SHAPE)
    name, described = function.get("name"), function.get("description", "")
    parameters = function.get("parameters", function.get("input_schema", {}))
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise forms.ValidationError(SHAPE)
    if not isinstance(described, str) or not isinstance(parameters, dict):
        raise forms.ValidationError(SHAPE)
    kept: Tool = {"name": name}
    if described:
        kept["description"] = described
    return {"type": "function", "function": kept | {"parameters": parameters}}

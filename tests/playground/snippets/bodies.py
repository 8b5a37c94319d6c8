"""Bodies to write as code: usual ones, and ones that try to break out of it."""

from __future__ import annotations

import base64
from typing import Any

HOSTILE = {
    "quotes": """ ' " ''' \"\"\" ` """,
    "backslashes": "\\ \\\\ \\' \\n \\u0041 C:\\new",
    "shell": "$(touch pwned) `touch pwned` ${HOME} $HOME !! ; rm -rf ~ | & > pwned",
    "here-document": "x\nJSON\ntouch pwned\n",
    "line ends": "a\nb\r\nc\rd",
    "separators": "a\u2028b\u2029c\x85d\x0be\x0cf",
    "controls": "\x00\x01\x1b[31m\x7f\x9f",
    "emoji": "\U0001f3f0 \U0001f469\u200d\U0001f469\u200d\U0001f467 é e\u0301",
    "direction": "\u202egnp.exe\u202c \u2066x\u2069 \ufeff \U000e0041",
    "template": "${process.env.XAI_API_KEY} {{ 7*7 }} {os.environ} %s %(x)s {0}",
    "markup": "</script></pre><img src=x onerror=alert(1)> &amp; <!-- ]]>",
    "comment": "*/ // # --",
}
PIXEL = base64.b64encode(bytes(range(70))).decode()


def chat(text: str = "Name a harbour", **more: Any) -> dict[str, Any]:
    """Return a body of the chat dialect, as the relay sends it."""
    return {
        "model": "grok-4.3",
        "messages": [
            {"role": "system", "content": "Be brief"},
            {"role": "user", "content": text},
        ],
        "max_tokens": 64,
        **more,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def messages(text: str = "Name a harbour", **more: Any) -> dict[str, Any]:
    """Return a body of the messages dialect, as the relay sends it."""
    return {
        "model": "grok-4.3",
        "max_tokens": 64,
        "messages": [{"role": "user", "content": text}],
        "system": "Be brief",
        **more,
        "stream": True,
    }


def said(text: str) -> dict[str, str]:
    """Return one turn of a person."""
    return {"role": "user", "content": text}


def whole(body: dict[str, Any]) -> dict[str, Any]:
    """Return the same, answered in one piece."""
    return {k: v for k, v in body.items() if k not in {"stream", "stream_options"}}


PARAMETERS: dict[str, Any] = {
    "temperature": 0.1,
    "top_p": 0.95,
    "n": 2,
    "seed": 2**31 - 1,
    "user": "u-1",
    "reasoning_effort": "low",
    "response_format": {
        "type": "json_schema",
        "json_schema": {
            "name": "harbour",
            "strict": True,
            "schema": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "deep": {"type": "null"}},
                "required": ["name"],
                "additionalProperties": False,
            },
        },
    },
    "tools": [
        {
            "type": "function",
            "function": {"name": "look", "parameters": {"type": "object"}},
        }
    ],
    "tool_choice": "auto",
    "a_field_of_tomorrow": {"on": True, "off": False, "none": None},
}
IMAGE = {
    "type": "image_url",
    "image_url": {"url": f"data:image/png;base64,{PIXEL}", "detail": "low"},
}
SOURCE = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/png", "data": PIXEL},
}
CHATS: dict[str, dict[str, Any]] = {
    "plain": chat(),
    "parameters": chat(**PARAMETERS),
    "image": chat() | {"messages": [{"role": "user", "content": [IMAGE]}]},
    "whole": whole(chat()),
    "hostile": chat() | {"messages": [said(text) for text in HOSTILE.values()]},
}
MESSAGES: dict[str, dict[str, Any]] = {
    "plain": messages(),
    "parameters": messages(
        temperature=0.1, top_p=0.95, top_k=4, metadata={"user_id": "u"}
    ),
    "image": messages() | {"messages": [{"role": "user", "content": [SOURCE]}]},
    "whole": whole(messages()),
    "hostile": messages() | {"messages": [said(text) for text in HOSTILE.values()]},
}
HUGE = chat(seed=2**62 + 1)  # more than the numbers of JavaScript hold

"""Reading what the sandbox streams."""

import json
from typing import Any

import httpx


def events(answer: httpx.Response) -> list[Any]:
    """Return the data of a stream's events, the final [DONE] left as text."""
    lines = [line for line in answer.text.split("\n") if line.startswith("data: ")]
    texts = [line.removeprefix("data: ") for line in lines]
    return [text if text == "[DONE]" else json.loads(text) for text in texts]

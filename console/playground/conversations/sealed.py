"""Text of conversations on its way into the database and back: JSON, sealed.

Each blob opens only as the kind it was sealed as, and only in its own row.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from console.vault.errors import Tampered
from console.vault.sealing import seal_text, unseal_text

TITLE = "playground.title"
PARAMETERS = "playground.parameters"
TURN = "playground.turn"
TRACE = "playground.trace"
SNAPSHOT = "playground.snapshot"
LINK = "playground.link"
PROMPT_NAME = "playground.prompt_name"
PROMPT_TEXT = "playground.prompt_text"


def close(value: object, *, kind: str, row: UUID) -> bytes:
    """Return the blob of any JSON value. Raises vault.Sealed."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # Half of a character that needs two cannot be stored or shown anywhere.
    whole = text.encode("utf-8", "replace").decode()
    return seal_text(whole, kind=kind, row=row)


def open_(blob: bytes | memoryview[int], *, kind: str, row: UUID) -> Any:
    """Return the value of a blob; None for one that is not what was sealed here.

    Raises vault.Sealed.
    """
    try:
        return json.loads(unseal_text(bytes(blob), kind=kind, row=row))
    except Tampered:
        return None


def open_text(blob: bytes | memoryview[int], *, kind: str, row: UUID) -> str:
    """Return a text, or what stands for one that cannot be opened."""
    value = open_(blob, kind=kind, row=row)
    return value if isinstance(value, str) else "(cannot be opened)"

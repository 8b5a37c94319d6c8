"""Tags: short words that people put on keys."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

MOST, LONGEST = 10, 40  # tags of one key, characters of one tag
PLAIN = re.compile(r"[\w./-]+")  # letters and digits of any language


class BadTag(ValueError):
    """A text that is no tag; says so in one sentence."""


def in_text(text: str) -> list[str]:
    """Return the tags of a text, each once, in its order.

    Commas, semicolons and spaces part them. Raises BadTag.
    """
    words = re.split(r"[\s,;]+", unicodedata.normalize("NFC", text).lower())
    tags = list(dict.fromkeys(word.lstrip("#") for word in words if word.lstrip("#")))
    for tag in tags:
        if len(tag) > LONGEST:
            raise BadTag(f"A tag has at most {LONGEST} characters.")
        if not PLAIN.fullmatch(tag):
            raise BadTag("A tag is made of letters, digits and - _ . / only.")
    if len(tags) > MOST:
        raise BadTag(f"A key has at most {MOST} tags.")
    return tags


def with_more(tags: Iterable[str], more: Iterable[str]) -> list[str]:
    """Return the tags with others behind them, each once. Raises BadTag."""
    both = list(dict.fromkeys([*tags, *more]))
    if len(both) > MOST:
        raise BadTag(f"A key has at most {MOST} tags.")
    return both


def without(tags: Iterable[str], fewer: Iterable[str]) -> list[str]:
    """Return the tags that are not among others."""
    return [tag for tag in tags if tag not in set(fewer)]

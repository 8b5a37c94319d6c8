"""The texts that tokenizers are watched with: our own words, in a dozen languages.

The same notice of a library in each language, and a program as the thirteenth. Token
counts are compared over months, so no text may change under a version: who edits one
gives the corpus a new `VERSION`, and reading starts anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

VERSION: Final = "1"
BASE: Final = "en"  # what the other languages are compared with
CODE: Final = "x-python"

NAMES: Final = MappingProxyType(  # BCP 47, in the order in which they are shown
    {
        BASE: "English",
        "de": "German",
        "fr": "French",
        "es": "Spanish",
        "pt": "Portuguese",
        "nb": "Norwegian",
        "pl": "Polish",
        "ru": "Russian",
        "hi": "Hindi",
        "ar": "Arabic",
        "ja": "Japanese",
        "zh-Hans": "Chinese, simplified",
        CODE: "Python code",
    }
)
RIGHT_TO_LEFT: Final = frozenset({"ar"})


@dataclass(frozen=True, slots=True)
class Text:
    """One text of the corpus."""

    language: str
    name: str  # of the language, in English
    content: str

    @property
    def characters(self) -> int:
        """Return how many code points it has."""
        return len(self.content)

    @property
    def is_code(self) -> bool:
        """Tell whether it is a program, which says something else than the others."""
        return self.language == CODE

    @property
    def direction(self) -> str:
        """Return the direction it is written in, for HTML."""
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"


@cache
def texts() -> tuple[Text, ...]:
    """Return the whole corpus."""
    folder = Path(__file__).parent
    return tuple(
        Text(language, name, (folder / f"{language}.txt").read_text("utf-8")[:-1])
        for language, name in NAMES.items()
    )

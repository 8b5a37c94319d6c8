"""The corpus never changes under a version, and its texts are what they say."""

from __future__ import annotations

import ast
import unicodedata
from hashlib import sha256

import pytest

from console.catalog import corpus
from console.catalog.corpus import Text

# A text that is edited needs a new VERSION, with new digests here: counts of two
# wordings must never be compared.
PINNED = {
    "1": {
        "en": "81ac605257ab220c09976399a63ec56775b7875e0f423d056d069321b4593670",
        "de": "57169fc9e5045cce588a5c99ef564da471e108392c784313770c17d279c6f3e1",
        "fr": "2f23e01a38b5e07e79fb36b255f0c9c06bb5679803457ec3ab0d5b133974aef3",
        "es": "0a8d01c453898388c07c62ea1ddf3766203dfcc0f4293715f9a04bcc366bc05e",
        "pt": "d87fa2ec139d11efb4f097cc4c4c53b5a6015403264db776dc14efa5563a6121",
        "nb": "b8adca69b5c851cfb08a45599aa10918b1e31f3383b2c5cbdcb677f2cb1770d5",
        "pl": "a85dc285f957e0d9db554befc7515e120b7a2237f98e9ed0548cc2a7f22f923d",
        "ru": "7cf05439f353e399b1437b199010742663b1eed18c6dd1f5301236623df12a21",
        "hi": "4d564f5163b800fdccb1fd86d633f27ecd4755b408eb82720078a6a9bd344d2d",
        "ar": "c068a9293c83f9fa58de1321639ab9ae6107f35ad7e358929500315a3c746523",
        "ja": "85c121ba2afe68259b2870c214af2de5f82779f0a8d3eb36f1469ab6f5a7c0b2",
        "zh-Hans": "ff655132709601a167524fe4b0da575d84ee3ce0562c071ca05095126eeece7c",
        "x-python": "79badf9bd8c9e19636add92a2dfc00687f9a84880990e4eeeec1a4fb3166faaf",
    }
}
SCRIPTS = {"ru": "CYRILLIC", "hi": "DEVANAGARI", "ar": "ARABIC", "zh-Hans": "CJK"}


def by_language() -> dict[str, Text]:
    return {text.language: text for text in corpus.texts()}


def test_no_text_changes_under_a_version() -> None:
    digests = {
        text.language: sha256(text.content.encode()).hexdigest()
        for text in corpus.texts()
    }

    assert digests == PINNED[corpus.VERSION]


@pytest.mark.parametrize("text", corpus.texts(), ids=lambda text: text.language)
def test_a_text_is_whole_and_composed(text: Text) -> None:
    assert text.content == text.content.strip()
    assert unicodedata.is_normalized("NFC", text.content)
    assert "\r" not in text.content
    assert 200 < text.characters < 1100
    assert len(text.language) <= 16  # as the table holds it


@pytest.mark.parametrize("language", [one for one in corpus.NAMES if one != "x-python"])
def test_each_notice_tells_the_same_facts(language: str) -> None:
    content = by_language()[language].content

    assert content.count("\n\n") == 2
    for fact in ("14", "9", "180", "400", "50", "3", "6"):
        assert fact in content


@pytest.mark.parametrize(("language", "script"), SCRIPTS.items())
def test_a_text_is_in_its_script(language: str, script: str) -> None:
    letters = [c for c in by_language()[language].content if c.isalpha()]

    assert all(unicodedata.name(letter).startswith(script) for letter in letters)


def test_the_program_is_one() -> None:
    text = by_language()[corpus.CODE]

    assert text.is_code
    assert ast.get_docstring(ast.parse(text.content))


def test_only_one_language_runs_from_the_right() -> None:
    found = [text.language for text in corpus.texts() if text.direction == "rtl"]

    assert found == ["ar"]

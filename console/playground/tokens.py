"""Tokens as the page draws them: ids and bytes, and words for what fools the eye. Pure.

A token is bytes, and may be a part of a character; the page makes text of them where
it shows it. So what is told here of a token is, with nothing behind the last that
says something:

    [id, bytes in hexadecimal, what is odd, 1 if it goes on with the one before, label]

"Goes on" means that the border before it lies inside of what one sees as one
character: between two bytes of it, before a combining mark, or within an emoji that is
made of several. The label is for a token whose bytes xAI did not tell.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TypedDict

from console import xai
from console.playground.unseen import is_joiner, oddity_of, sign_of

SLICE = 2000  # tokens that are made at once
NO_BYTES = "xAI told no bytes"
NO_TEXT = "bytes that are no text"

# Letters that look like a Latin one. Beside a Latin letter they are no accident.
LOOKALIKES = dict(
    zip(
        "аеорсухіјѕԁһАВЕКМНОРСТХІЈЅαονρΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
        "aeopcyxijsdhABEKMHOPCTXIJSaovpABEZHIKMNOPTYX",
        strict=True,
    )
)
_LETTER = b"|".join(re.escape(letter.encode()) for letter in LOOKALIKES)
FOOLING = re.compile(b"(?:%b)(?=[A-Za-z])|(?<=[A-Za-z])(?:%b)" % (_LETTER, _LETTER))

Row = list[int | str | None]
Sign = tuple[str, str, bool]  # mark, name, whether nothing at all is seen of it


class Slice(TypedDict):
    """Some tokens, and what stands for the unseen characters in them."""

    tokens: list[Row]
    signs: dict[str, Sign]


def slices(tokens: Sequence[xai.Token], size: int = SLICE) -> Iterator[Slice]:
    """Yield the tokens in slices of about `size`; none cuts a character."""
    rows: list[Row] = []
    texts: set[str] = set()
    for group in _groups(tokens):
        made, text = _rows(group)
        rows += made
        texts.update(text)
        if len(rows) >= size:
            yield {"tokens": rows, "signs": signs_in(texts)}
            rows, texts = [], set()
    if rows:
        yield {"tokens": rows, "signs": signs_in(texts)}


def signs_in(characters: Iterable[str]) -> dict[str, Sign]:
    """Return the signs of those that need one; of a space and a line end all know."""
    found = {one: sign_of(one) for one in sorted(set(characters) - {" ", "\n"})}
    return {character: sign for character, sign in found.items() if sign}


class _Group:
    """Tokens that share a character: mostly one. With what fools the eye in each."""

    __slots__ = ("fooling", "tokens")

    def __init__(self, token: xai.Token, fooling: str) -> None:
        self.tokens = [token]
        self.fooling = [fooling]


def _groups(tokens: Sequence[xai.Token]) -> Iterator[_Group]:
    whole = b"".join(token.token_bytes or b"" for token in tokens)
    fooling = FOOLING.finditer(whole)
    fool = next(fooling, None)
    group: _Group | None = None
    at = 0
    for token in tokens:
        data = token.token_bytes
        words = []
        end = at + len(data or b"")
        while fool and fool.start() < end:
            words.append(_fooled(fool[0].decode()))
            fool = next(fooling, None)
        fooled = ", ".join(dict.fromkeys(words))
        if group and data and group.tokens[-1].token_bytes and cuts(whole, at):
            group.tokens.append(token)
            group.fooling.append(fooled)
        else:
            if group:
                yield group
            group = _Group(token, fooled)
        at = end
    if group:
        yield group


def cuts(whole: bytes, at: int) -> bool:
    """Return whether a border at `at` lies inside of what is seen as one character."""
    following = whole[at]
    if following < 0x80:
        return False
    if following & 0xC0 == 0x80:
        return _begun_before(whole, at)
    after = whole[at : at + 4].decode(errors="ignore")[:1]
    before = whole[max(0, at - 4) : at].decode(errors="ignore")[-1:]
    if not after or not before or before < " ":
        return False
    if is_joiner(after) or before == "\u200d":
        return True
    return _is_flag(after) and _flags_before(whole, at) % 2 == 1


def _begun_before(whole: bytes, at: int) -> bool:
    for back in range(1, min(3, at) + 1):
        lead = whole[at - back]
        if lead & 0xC0 == 0x80:
            continue
        length = 4 if lead >= 0xF0 else 3 if lead >= 0xE0 else 2
        begun = whole[at - back : at - back + length]
        return length > back and _text(begun) is not None
    return False


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flags_before(whole: bytes, at: int) -> int:
    """Count the half flags before a border: an odd one waits for its other half."""
    count = 0
    while whole[max(0, at - 4) : at].startswith(b"\xf0\x9f\x87") and at >= 4:
        count, at = count + 1, at - 4
    return count


def _rows(group: _Group) -> tuple[list[Row], str]:
    together = b"".join(token.token_bytes or b"" for token in group.tokens)
    is_text = _text(together) is not None
    rows, end = [], 0
    for place, token in enumerate(group.tokens):
        start, end = end, end + len(token.token_bytes or b"")
        touched = _whole_characters(together, start, end) if is_text else None
        rows.append(_row(token, touched, group.fooling[place], joined=place > 0))
    return rows, together.decode(errors="ignore")


def _whole_characters(data: bytes, start: int, end: int) -> str:
    """Return the characters of which at least one byte lies between two borders."""
    while start > 0 and data[start] & 0xC0 == 0x80:
        start -= 1
    while end < len(data) and data[end] & 0xC0 == 0x80:
        end += 1
    return data[start:end].decode()


def _row(token: xai.Token, touched: str | None, fooling: str, *, joined: bool) -> Row:
    if token.token_bytes is None:
        return [token.token_id, None, NO_BYTES, 0, _plain(token.string_token or "")]
    odd = NO_TEXT if touched is None else oddity_of(touched)
    note = "; ".join(word for word in (odd, fooling) if word)
    row: Row = [token.token_id, token.token_bytes.hex(), note, int(joined)]
    while row[-1] in ("", 0) and len(row) > 2:
        row.pop()
    return row


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _plain(label: str) -> str:
    """Return a label without what would be drawn in a way of its own."""
    return "".join(mark[0] if (mark := sign_of(one)) else one for one in label)


def _fooled(letter: str) -> str:
    name = unicodedata.name(letter).capitalize()
    return f"{name}: looks like {LOOKALIKES[letter]}"

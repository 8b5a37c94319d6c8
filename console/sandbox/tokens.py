"""A small tokenizer: deterministic, reversible, and free of any vocabulary.

Bytes are cut by one rule; joining the tokens gives the text back. Runs of bytes outside
ASCII are cut every three, so a character may be split over two tokens, as it happens
with xAI's own tokenizer. How many letters make a token at most is a model's own, so
that a tokenizer can be changed.
"""

import codecs
import re
from functools import cache
from hashlib import blake2b
from typing import Any

VOCABULARY = 131072
LONGEST = 8  # letters of one token


@cache
def _cut(longest: int) -> re.Pattern[bytes]:
    letters = rb" ?[A-Za-z]{1,%d}" % longest
    others = rb"|[0-9]{1,3}|[\x80-\xff]{1,3}|\n+| +(?=[^ A-Za-z])| +|."
    return re.compile(letters + others, re.DOTALL)


def split(text: str, longest: int = LONGEST) -> list[bytes]:
    """Return the tokens of a text; `b"".join` of them is its UTF-8."""
    return _cut(longest).findall(text.encode())


def count(text: str, longest: int = LONGEST) -> int:
    return len(split(text, longest))


def pieces(text: str, longest: int = LONGEST) -> list[str]:
    """Return one string per token; a token that ends inside a character gives ""."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    return [decoder.decode(token) for token in split(text, longest)]


def token_json(token: bytes) -> dict[str, Any]:
    """Return a token as /v1/tokenize-text shows it; `string_token` is only a label."""
    digest = blake2b(token, digest_size=4).digest()
    return {
        "token_id": int.from_bytes(digest) % VOCABULARY,
        "string_token": token.decode(errors="replace"),
        "token_bytes": list(token),
    }

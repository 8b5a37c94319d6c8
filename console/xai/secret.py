"""The characters of an API key, held so that they cannot be shown by accident."""

import re
from typing import NoReturn, Self

SHAPE = re.compile(r"xai-[A-Za-z0-9_-]{20,200}")


class BadSecret(ValueError):
    """The text does not have the shape of an xAI key. Never holds the text."""


class Secret:
    """An xAI API key: it can be held and passed on, and nothing else.

    Its repr is a constant, so error reports that print every local variable stay
    clean. Two secrets are never compared here: whoever must know whether they are
    equal compares keyed fingerprints.
    """

    __slots__ = ("_text",)

    _text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the secret written in `text`; spaces around it are dropped.

        The shape is strict because httpx puts the value of a header it cannot
        send, one with a line break in it, into its exception.
        """
        shape = SHAPE.fullmatch(text.strip())
        if shape is None:
            del text  # an error report prints the variables of this frame
            raise BadSecret("An xAI key is xai- and 20 to 200 letters or digits.")
        secret = cls.__new__(cls)
        object.__setattr__(secret, "_text", shape.group())
        return secret

    def reveal(self) -> str:
        """Return the characters. For sealing and for XaiAuth only."""
        return self._text

    @property
    def last_four(self) -> str:
        """The last four characters, which xAI shows as well."""
        return self._text[-4:]

    def __init__(self) -> None:
        raise TypeError("A secret is made by Secret.parse().")

    def __repr__(self) -> str:
        return "<Secret>"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("A secret does not change.")

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError("A secret cannot be shown, compared, copied or stored.")

    __hash__ = object.__hash__  # by identity, so it tells nothing of the text
    __str__ = _refuse
    __format__ = _refuse
    __bytes__ = _refuse
    __len__ = _refuse
    __iter__ = _refuse
    __bool__ = _refuse
    __eq__ = _refuse
    __ne__ = _refuse
    __lt__ = _refuse
    __le__ = _refuse
    __gt__ = _refuse
    __ge__ = _refuse
    __copy__ = _refuse
    __deepcopy__ = _refuse
    __reduce__ = _refuse
    __reduce_ex__ = _refuse
    __getstate__ = _refuse

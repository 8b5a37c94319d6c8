"""What acts on channels and incidents refuse, and what sending runs into.

* Refused            nothing was changed; `sentence` says why
  + BadTarget        this address cannot be told
  + NameTaken        another channel has this name
  + TooSoon          a test was sent just now
  + Removed          somebody removed the channel meanwhile
  + AlreadyDone      somebody was faster
* Undelivered        a message was not handed over; `sentence` is for the log of it
"""

from __future__ import annotations


class Refused(Exception):
    """An act that is refused to everybody."""

    sentence = ""

    def __init__(self, sentence: str = "") -> None:
        super().__init__(sentence or self.sentence)
        self.sentence = sentence or self.sentence


class BadTarget(Refused):
    """The address of a channel is none that can be told."""


class NameTaken(Refused):
    """Two channels of one name could not be told apart."""

    sentence = "Another channel has this name."


class TooSoon(Refused):
    """Tests are rare: a receiver must not be flooded with them."""

    sentence = "A test was sent to this channel just now; try again in half a minute."


class Removed(Refused):
    """Somebody removed the channel after it was looked up."""

    sentence = "This channel was removed meanwhile."


class AlreadyDone(Refused):
    """The incident is acknowledged, or over."""


class Undelivered(Exception):
    """A message was not handed over."""

    def __init__(
        self, sentence: str, *, silent: bool = False, final: bool = False
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.silent = silent  # the receiver is down: others would fail as well
        self.final = final  # another try would be no better

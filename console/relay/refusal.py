"""Why a call was not made. Everyone who calls the relay can meet it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Rule(StrEnum):
    """The rule that refused, in the order a key has to pass them.

    Of several keys that all refuse, the one that came furthest down this list is
    named: it needs the least to be changed.
    """

    SEALED = "sealed"
    NO_TEAM = "no_team"
    NO_KEY = "no_key"
    MODEL = "model"  # no key sees it, or no ACL allows it
    UNLISTED = "unlisted"  # an ACL allows it, but no list tells whether it is there
    ENDPOINT = "endpoint"
    STATE = "state"  # blocked, disabled, rejected, unreachable
    AGE = "age"  # not verified for too long
    SECRET = "secret"  # what is stored does not open
    PARAMETER = "parameter"  # the model does not take what was set
    LIMIT = "limit"  # too much is asked for at a time
    BUDGET = "budget"  # the most it may cost does not fit into one

    @property
    def depth(self) -> int:
        """How many rules come before this one."""
        return list(Rule).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A refusal in words: what is so, and what to do about it."""

    rule: Rule
    sentence: str
    advice: str
    status: int = 403
    seconds: int | None = None  # until it is worth trying again, for Retry-After
    budget_id: UUID | None = None  # the one that refused, if its reader may raise it


class Refused(Exception):
    """This call may not be made; nothing was sent and nothing was recorded."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.sentence)
        self.reason = reason
        self.sentence = reason.sentence
        self.advice = reason.advice
        self.status = reason.status

    @property
    def headers(self) -> dict[str, str]:
        """Return what an answer tells of it beside the words: when to try again."""
        seconds = self.reason.seconds
        return {} if seconds is None else {"Retry-After": str(seconds)}

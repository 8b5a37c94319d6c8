"""Why a key was not taken in. Each refusal is one sentence for the person.

* Refused
  + BadFormat          the text is not an xAI key          nothing was sent
  + AlreadyStored      this team has it already            nothing was sent
  + StoredElsewhere    another team has it                 nothing was sent
  + KeyNotAccepted     xAI refused it                      nothing was stored
  + UpstreamSilent     xAI gave no usable answer           nothing was stored
  + TeamMismatch       it belongs to another xAI team      nothing was stored
  + SecretInText       label, owner or note holds a key    nothing was stored
  + NotStored          it was removed meanwhile            nothing was changed
  + NotToReview        no change waits for a person        nothing was changed
  + AlreadyReviewed    somebody else was quicker           nothing was changed
  + NotReviewed        there is nothing to take back       nothing was changed
  + TooLate            only an admin may take it back      nothing was changed
  + FindingGone        the finding does not hold any more  nothing was changed
"""

from __future__ import annotations

from console.accounts.models import Team
from console.keys.models import ApiKey


class Refused(Exception):
    """An act on a key that was refused; `sentence` is for the person."""

    sentence = "This was refused."

    def __str__(self) -> str:
        return self.sentence


class BadFormat(Refused):
    """The text does not have the shape of a key."""

    sentence = (
        "This is not an xAI API key: it starts with xai- and continues with 20 to "
        "200 letters, digits, - or _, without spaces or line breaks."
    )


class AlreadyStored(Refused):
    """The same team has this key."""

    def __init__(self, stored: ApiKey | None) -> None:
        super().__init__()
        name = f" as “{stored.label}”" if stored else ""
        self.sentence = f"This key is already stored in this team{name}."


class StoredElsewhere(Refused):
    """Another team has this key."""

    def __init__(self, stored: ApiKey) -> None:
        super().__init__()
        self.sentence = (
            f"This key is already stored under another team, {stored.team.name}, "
            f"as “{stored.label}”. Remove it there first."
        )


class KeyNotAccepted(Refused):
    """xAI knows the key as bad."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.sentence = (
            f"xAI was asked about this key and refused it: {words}. It was not "
            "stored; check that it was copied whole and is enabled in xAI's console."
        )


class UpstreamSilent(Refused):
    """xAI could not be asked."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.sentence = (
            f"The key could not be checked: {words}. It was not stored; try again "
            "in a minute."
        )


class TeamMismatch(Refused):
    """The key's xAI team is not the one this team stands for."""

    def __init__(self, team: Team) -> None:
        super().__init__()
        self.sentence = (
            f"This key belongs to another xAI team than the keys of {team.name}. "
            "Store it under the team it belongs to."
        )


class SecretInText(Refused):
    """A text that everybody may read holds a key."""

    sentence = (
        "This text holds something that looks like a key. Put the key into its own "
        "field only."
    )


class NotStored(Refused):
    """The key was removed."""

    sentence = "This key has been removed."


class NotToReview(Refused):
    """No change of this look asks for a person."""

    sentence = "Nothing of this was done outside Gatehouse, so there is nothing to say."


class AlreadyReviewed(Refused):
    """Somebody was quicker."""

    def __init__(self, review: str, by: str) -> None:
        super().__init__()
        self.sentence = f"{by or 'Somebody'} has {review} this change already."


class NotReviewed(Refused):
    """Nobody has said anything of it that could be taken back."""

    sentence = "This change waits for a review already."


class TooLate(Refused):
    """Only an admin takes back what was said a while ago."""

    sentence = "More than 5 minutes have passed; an admin can reopen this change."


class FindingGone(Refused):
    """The finding was closed, or its key removed."""

    sentence = "This finding does not hold any more."

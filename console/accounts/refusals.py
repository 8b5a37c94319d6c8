"""The family of refusals of this app."""


class Refused(Exception):
    """It cannot be done like this; the message says what to change.

    * people.NameTaken, people.BadName, people.WeakPassword
    * teams.TeamExists, teams.BadName
    """

    @property
    def sentence(self) -> str:
        """The message."""
        return str(self)

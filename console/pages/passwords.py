"""The passwords of people whom the first start or a command makes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from console import env

SETTING = "GATEHOUSE_DEMO_PASSWORD"
RANDOM_BYTES = 15  # 20 characters


@dataclass(frozen=True, slots=True)
class Password:
    """A password; one from the environment is never printed."""

    text: str = field(repr=False)
    given: bool

    def sentence(self, whose: str) -> str:
        """Say what it is. A random one is shown by this sentence and never again."""
        if self.given:
            return f"The password of {whose} is the one in {SETTING}."
        return f"The password of {whose}, shown this once: {self.text}"


def given_password() -> Password | None:
    """Return the password the environment names, if any."""
    text = env.text(SETTING)
    return Password(text, given=True) if text else None


def random_password() -> Password:
    """Return a password nobody can guess."""
    return Password(secrets.token_urlsafe(RANDOM_BYTES), given=False)

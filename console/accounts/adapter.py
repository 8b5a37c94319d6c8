"""What we decide for allauth: nobody signs up, and who left is a stranger."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from console.accounts.models import User


class ConsoleAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Answers allauth's questions."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "The name or the password is not right.",
        "incorrect_password": "The password is not right.",
        "too_many_login_attempts": (
            "Too many attempts. Wait five minutes, then try again."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by an administrator."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Return the person, or None for a wrong password or a closed account.

        allauth would lead a closed account to a page of its own, and so tell that
        the password was right.
        """
        user = super().authenticate(request, **credentials)
        return user if isinstance(user, User) and user.is_active else None

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing at sign-in and sign-out: the page that follows shows it."""

"""Django's entry to this app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Names the app by its noun, and listens for sign-ins."""

    name = "console.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Connect the signals, now that models can be imported."""
        from console.accounts import sign_ins

        sign_ins.connect()

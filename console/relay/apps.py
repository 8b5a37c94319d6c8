"""Django's entry to this app."""

from django.apps import AppConfig


class RelayConfig(AppConfig):
    """Names the app by its noun."""

    name = "console.relay"
    label = "relay"

    def ready(self) -> None:
        """Register what the relay owes before its process ends."""
        from console.relay import shutdown  # noqa: F401

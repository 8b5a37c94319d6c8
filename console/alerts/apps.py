"""Django's entry to this app."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Names the app by its noun, and listens to what people say of changes."""

    name = "console.alerts"
    label = "alerts"

    def ready(self) -> None:
        """Follow reviews, in their own transactions."""
        from console.alerts import acting
        from console.keys import reviewing

        reviewing.on_review(acting.follow_review)

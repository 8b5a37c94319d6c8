"""Django's entry to this app."""

from django.apps import AppConfig


class PlaygroundConfig(AppConfig):
    """Names the app by its noun."""

    name = "console.playground"
    label = "playground"

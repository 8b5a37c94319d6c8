"""Django's entry to this app."""

from django.apps import AppConfig


class LibConfig(AppConfig):
    """Names the app by its noun."""

    name = "console.lib"
    label = "lib"

"""Django's entry to this app."""

from django.apps import AppConfig


class KeysConfig(AppConfig):
    """Names the app by its noun."""

    name = "console.keys"
    label = "keys"

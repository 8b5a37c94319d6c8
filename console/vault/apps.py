"""Django's entry to this app."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Names the app by its noun."""

    name = "console.vault"
    label = "vault"

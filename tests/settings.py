"""The settings under test: those of production, but for these lines."""

import os

from tests import services  # noqa: F401  (prepares the environment, so it comes first)

from console.settings import *  # noqa: F403  # isort: skip
from console.settings import CACHES, DATABASES, STORAGES  # isort: skip

DATABASES["default"]["ENGINE"] = "tests.postgres"
STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES["default"]["KEY_PREFIX"] = f"test-{os.getpid()}"
WHITENOISE_AUTOREFRESH = True  # nothing is collected for tests

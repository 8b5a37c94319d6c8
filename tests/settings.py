"""The settings under test: those of production, but for these lines."""

from tests import services  # noqa: F401  (prepares the environment, so it comes first)

from console.settings import *  # noqa: F403  # isort: skip
from console.settings import DATABASES, STORAGES  # isort: skip

DATABASES["default"]["ENGINE"] = "tests.postgres"
DATABASES["default"]["CONN_MAX_AGE"] = 0  # no thread keeps one beyond a test
STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = True  # nothing is collected for tests

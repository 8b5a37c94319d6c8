"""Settings of every Gatehouse process. Each value from outside comes through `env`."""

from datetime import timedelta
from pathlib import Path

from console import env
from console.runtime.layout import POSTGRES_PORT, Layout

BASE_DIR = Path(__file__).resolve().parent.parent
KIB = 1024
MIB = 1024 * KIB

# --- where things live -----------------------------------------------------------
DATA_DIR = env.path("GATEHOUSE_DATA_DIR", BASE_DIR / "var")
PORT = env.number("PORT", 8000, least=1, most=65535)
BIND = env.text("GATEHOUSE_BIND", "127.0.0.1")
LAYOUT = Layout(DATA_DIR)

# --- xAI -------------------------------------------------------------------------
SANDBOX_URL = env.sandbox_url(DATA_DIR)  # "" unless in try-out mode
TRYOUT = bool(SANDBOX_URL)
XAI_HOSTS = env.hosts(
    "XAI_HOSTS", {"sandbox": SANDBOX_URL} if TRYOUT else {"xai": "https://api.x.ai"}
)  # name -> address; nothing else is ever called
XAI_POLL_EVERY = env.seconds(
    "XAI_POLL_EVERY", timedelta(seconds=30) if TRYOUT else timedelta(minutes=5)
)
XAI_POLL_MODELS_EVERY = timedelta(hours=6)
XAI_POLL_REJECTED_EVERY = timedelta(hours=1)  # a key that xAI does not accept
XAI_POLL_BATCH = env.number("XAI_POLL_BATCH", 16, least=1, most=500)
XAI_POLL_PER_TEAM = env.number("XAI_POLL_PER_TEAM", 4, least=1, most=500)

# --- prices ----------------------------------------------------------------------
PRICE_FEED_FILE = env.path_or_none("GATEHOUSE_PRICE_FEED_FILE")  # to be compared

# --- playground ------------------------------------------------------------------
CONVERSATION_DAYS = env.number("GATEHOUSE_CONVERSATION_DAYS", 30, most=3650)  # 0: none
ANSWERS_AT_ONCE = env.number("GATEHOUSE_ANSWERS_AT_ONCE", 4, least=1, most=10_000)
CALLS_PER_MINUTE = env.number("GATEHOUSE_CALLS_PER_MINUTE", 20, least=1, most=10_000)
COUNTS_PER_MINUTE = env.number("GATEHOUSE_COUNTS_PER_MINUTE", 30, least=1, most=10_000)
TEAM_ANSWERS_AT_ONCE = env.number(
    "GATEHOUSE_TEAM_ANSWERS_AT_ONCE", 10, least=1, most=10_000
)
TEAM_CALLS_PER_MINUTE = env.number(
    "GATEHOUSE_TEAM_CALLS_PER_MINUTE", 60, least=1, most=10_000
)
TEAM_COUNTS_PER_MINUTE = env.number(
    "GATEHOUSE_TEAM_COUNTS_PER_MINUTE", 120, least=1, most=10_000
)
KEY_CALLS_PER_MINUTE = env.number(
    "GATEHOUSE_KEY_CALLS_PER_MINUTE", 60, least=1, most=10_000
)
STREAMS_PER_PROCESS = env.number(
    "GATEHOUSE_STREAMS_PER_PROCESS", 300, least=1, most=10_000
)
LONGEST_PROMPT = KIB * env.number("GATEHOUSE_PROMPT_KB", 256, least=1, most=256)
USAGE_KEPT_MONTHS = env.number("GATEHOUSE_USAGE_MONTHS", 25, least=2, most=1200)

# --- try-out mode ----------------------------------------------------------------
SAMPLE_HISTORY = True  # what became of the sample keys in the thirty days before

# --- site ------------------------------------------------------------------------
SITE_URL = env.text("GATEHOUSE_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
SITE_HOST = env.host_of(SITE_URL)
ALLOWED_HOSTS = [SITE_HOST, "127.0.0.1", "localhost", "[::1]"]
BEHIND_TLS = SITE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [SITE_URL]
VERSION = "0.1.0"  # as in pyproject.toml; a test compares
DEBUG = False
ROOT_URLCONF = "console.urls"
ASGI_APPLICATION = "console.asgi.application"
LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# --- apps and middleware ---------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "django_htmx",
    "template_partials",
    "console.lib",
    "console.vault",
    "console.audit",
    "console.accounts",
    "console.catalog",
    "console.keys",
    "console.usage",
    "console.alerts",
    "console.polling",
    "console.relay",
    "console.playground",
    "console.finance",
    "console.pages",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "console.lib.headers.SecurityHeadersMiddleware",
    "console.lib.streams.PatienceMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "console.accounts.middleware.DenialsMiddleware",
    "console.accounts.middleware.DefaultDenyMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "console.pages.methods.WrongMethodMiddleware",
]

# --- database, cache -------------------------------------------------------------
EXTERNAL_DATABASE = env.database("DATABASE_URL")
EMBEDDED_DATABASE = {
    "NAME": "gatehouse",
    "USER": "gatehouse",
    "HOST": str(LAYOUT.run),  # the socket's folder
    "PORT": str(POSTGRES_PORT),
}
DATABASES = {
    "default": {
        "ENGINE": "console.lib.postgres",
        **(EXTERNAL_DATABASE or EMBEDDED_DATABASE),
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 60,
        "OPTIONS": {"connect_timeout": 5, "application_name": "gatehouse"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
EXTERNAL_BROKER = env.broker("BROKER_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": EXTERNAL_BROKER or f"unix://{LAYOUT.valkey_socket}?db=1",
        "KEY_PREFIX": "gatehouse",
    },
    "fragments": {  # parts of pages, named by all that they show; of this process
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "fragments",
        "OPTIONS": {"MAX_ENTRIES": 3000},
    },
}

# --- templates and static --------------------------------------------------------
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "console.pages.frame.frame",
            ]
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "console.lib.static.HashedStatic"},
}

# --- security --------------------------------------------------------------------
SECRET_KEY = env.secret_file("GATEHOUSE_SECRET_KEY_FILE", DATA_DIR / "secret-key")
KEK_FILE = env.path("GATEHOUSE_KEK_FILE", DATA_DIR / "kek")
KEK_FILE_GIVEN = bool(env.text("GATEHOUSE_KEK_FILE"))
AUDIT_ANCHORS = env.path_or_off(
    "GATEHOUSE_AUDIT_ANCHORS", DATA_DIR / "audit-anchors.jsonl"
)  # None: anchors go to the log alone
METRICS_TOKEN = env.token("GATEHOUSE_METRICS_TOKEN")  # "": there is no /metrics
SECURE_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_ENGINE = "console.accounts.sessions"
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "__Host-session" if BEHIND_TLS else f"gatehouse-session-{PORT}"
CSRF_COOKIE_NAME = "__Host-csrf" if BEHIND_TLS else f"gatehouse-csrf-{PORT}"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if BEHIND_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
DEFAULT_EXCEPTION_REPORTER_FILTER = "console.lib.redact.ReportFilter"

# --- people ----------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "pages:overview"
LOGOUT_REDIRECT_URL = "account_login"
AUTHENTICATION_BACKENDS = ["console.accounts.sessions.PeopleBackend"]
ACCOUNT_ADAPTER = "console.accounts.adapter.ConsoleAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- alerts ----------------------------------------------------------------------
SMTP = env.mail_server("GATEHOUSE_SMTP_URL")  # None: e-mail channels say what to do
MAIL_FROM = env.mail_address("GATEHOUSE_MAIL_FROM", f"gatehouse@{SITE_HOST}")
ALERT_PRIVATE_HOSTS = env.names("GATEHOUSE_ALERT_PRIVATE_HOSTS")  # may be inside

# --- celery ----------------------------------------------------------------------
TASK_APPLICATION = "console.celery"  # loaded with the apps: they ring for workers
CELERY_BROKER_URL = EXTERNAL_BROKER or f"redis+socket://{LAYOUT.valkey_socket}"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 1,
    "global_keyprefix": "gatehouse:",
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5
CELERY_TIMEZONE = "UTC"

# --- limits ----------------------------------------------------------------------
MAX_BODY = 256 * KIB
MAX_IMPORT = 2 * MIB + 64 * KIB  # a table of keys, and the form around it
MAX_TEXT = 2 * MIB + 64 * KIB  # 1 MiB to count, with each line end as two bytes
MAX_PRICE_FILE = 5 * MIB + 64 * KIB
MAX_IMAGE = 5 * MIB + 64 * KIB  # one image, and the form around it
MAX_CONVERSATION = 8 * MIB  # a file of one; its form takes less, and says so
MAX_TURNS = 18 * MIB  # 12 MB of images, a third longer as text, and the conversation
LARGER_BODIES = {  # by path, with * where an id stands
    "/keys/import/": MAX_IMPORT,
    "/models/referee/": MAX_PRICE_FILE,
    "/playground/history/import/": MAX_CONVERSATION,
    "/playground/code/": MAX_TURNS,
    "/playground/images/": MAX_IMAGE,
    "/playground/prompts/": MAX_TEXT,  # so that the form says what is too long
    "/playground/prompts/*/": MAX_TEXT,
    "/playground/twin/": MAX_TURNS + 2 * MIB,  # its form says what is too large
    "/stream/chat/": MAX_TURNS,
    "/stream/messages/": MAX_TURNS,
    "/stream/chat/before/": MAX_TEXT,
    "/stream/messages/before/": MAX_TEXT,
    "/stream/completions/": MAX_TEXT,  # a form that writes bytes as three
    "/stream/complete/": MAX_TEXT,
    "/stream/tokenize/": MAX_TEXT,
}
# The guard in `asgi` counts before Django does, which has one limit for all paths.
# No body and no file of it is ever written to disk: a table of keys holds secrets.
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = max(LARGER_BODIES.values())
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

# --- logging ---------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "console.lib.redact.RedactFilter"}},
    "formatters": {"line": {"()": "console.lib.redact.LineFormatter"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["redact"],
            "formatter": "line",
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "console": {"level": "INFO"},
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.request": {"level": "ERROR"},
    },
}

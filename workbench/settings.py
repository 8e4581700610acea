"""Django's settings, from the environment (``docs/settings.md``).

A laptop needs none of them; a server sets WORKBENCH_HTTPS, WORKBENCH_ALLOWED_HOSTS and, for a
desk that outgrows one machine, DATABASE_URL.
"""

import os
from pathlib import Path

from workbench import environment

BASE_DIR = Path(__file__).resolve().parent.parent
#: What the workbench makes for itself on this machine; git ignores it.
LOCAL_DIR = BASE_DIR / ".local"

SECRET_KEY = environment.secret_key(os.environ, kept_in=LOCAL_DIR / "secret_key")
DEBUG = environment.truth(os.environ, "WORKBENCH_DEBUG", default=False)
ALLOWED_HOSTS = environment.hosts(
    os.environ, "WORKBENCH_ALLOWED_HOSTS", default="localhost,127.0.0.1,[::1]"
)
HTTPS = environment.truth(os.environ, "WORKBENCH_HTTPS", default=False)
#: Threads that answer requests; at most half of them wait for the write lock at a time.
SERVER_THREADS = environment.number(os.environ, "WORKBENCH_THREADS", default=8, least=2, most=64)

DATABASES = {
    "default": environment.database(os.environ, default=BASE_DIR / "workbench.sqlite3"),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "annotations",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_filters",
    "django_tables2",
]
MIDDLEWARE = [
    "workbench.health.Health",
    "workbench.logs.Numbered",
    "django.middleware.security.SecurityMiddleware",
    "workbench.security.headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "annotations.views.account.LoginRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "workbench.trouble.TryAgain",
    "annotations.views.addresses.Addresses",
    "annotations.views.answers.Refusals",
    "annotations.views.conflicts.Conflicts",
]
ROOT_URLCONF = "workbench.urls"
WSGI_APPLICATION = "workbench.wsgi.application"
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
            ],
        },
    },
]

LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True

# People
#: Who begins projects and makes accounts: staff or everybody (docs/settings.md).
PROJECT_MAKERS = environment.choice(
    os.environ, "WORKBENCH_PROJECT_MAKERS", default="staff", among=("staff", "everybody")
)
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL
AUTHENTICATION_BACKENDS = ["workbench.accounts.Accounts"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": validator}
    for validator in (
        "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "django.contrib.auth.password_validation.MinimumLengthValidator",
        "django.contrib.auth.password_validation.CommonPasswordValidator",
        "django.contrib.auth.password_validation.NumericPasswordValidator",
        "workbench.logs.PasswordChanges",
    )
]
#: Paths whose POST hashes a password, a quarter of a second's work: they take turns (asgi.py).
HASHING_PATHS = (
    r"/login/|/admin/login/|/password/|/p/[^/]+/settings/accounts/add/|/admin/auth/user/.+"
)
# One server process serves SQLite, so it may keep sessions in its memory and spare each request
# a query. PostgreSQL is served by several: a session ended in one must end in all.
SESSION_ENGINE = (
    "django.contrib.sessions.backends.cached_db"
    if DATABASES["default"]["ENGINE"] == "workbench.sqlite"
    else "django.contrib.sessions.backends.db"
)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}
MESSAGE_STORAGE = "django.contrib.messages.storage.fallback.FallbackStorage"
# Cookies know no ports: other programs on this laptop's localhost use Django's default names.
SESSION_COOKIE_NAME = "workbench_session"
CSRF_COOKIE_NAME = "workbench_csrf"
CSRF_FAILURE_VIEW = "annotations.views.account.stale_token"

# Uploads: one file, one field of a form, one request. The whole body is capped before a worker
# thread sees it (workbench/asgi.py).
MAX_FILE_BYTES = 5 * 1024 * 1024
MAX_BODY_BYTES = 64 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# A pasted text of 5 MB is up to three times that when a form percent-encodes it.
DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * MAX_FILE_BYTES + 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 100
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# Reading files: each in a process of its own (annotations/formats/reading.py), which is ended
# where it takes longer, or wants more memory, than this.
FILE_READER = "annotations.formats.reader"
FILE_SECONDS = environment.number(
    os.environ, "WORKBENCH_FILE_SECONDS", default=60, least=1, most=3600
)
FILE_MEGABYTES = environment.number(
    os.environ, "WORKBENCH_FILE_MEGABYTES", default=2048, least=512, most=65_536
)

# What /readyz asks besides the database: a word, and what says whether it fails.
READINESS = {
    "guards": "annotations.queries.readiness.guards_are_missing",
    "worker": "annotations.queries.readiness.worker_is_missing",
}

#: What the server does once a day.
DAILY = "annotations.actions.tidying.tidy_daily"

# Static files
STATIC_URL = "/static/"
STATIC_ROOT = LOCAL_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "workbench.static.HashedStaticFiles"},
}
MEDIA_ROOT = LOCAL_DIR / "kept"
# Fixtures are read row by row.
SERIALIZATION_MODULES = {"json": "annotations.formats.fixture"}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# Safety
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
# Subdomains, and the browsers' preload list, are for the owner of the domain to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

LOG_FORMATS = {"text": "workbench.logs.Text", "json": "workbench.logs.Json"}
LOG = environment.choice(os.environ, "WORKBENCH_LOG", default="text", among=tuple(LOG_FORMATS))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": LOG_FORMATS[LOG]}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "annotations": {"level": "INFO"},
        "workbench": {"level": "INFO"},
        # Django's own handlers would print each line a second time.
        "django": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        # A refusal (409, 422) is everyday work and no warning.
        "django.request": {"level": "ERROR"},
        "django.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}

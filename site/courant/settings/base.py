"""What every size of installation shares. Nothing here reads a secret or decides an address."""

from __future__ import annotations

from courant.settings.parts.environment import ROOT
from courant.settings.parts.security import PERMISSIONS_POLICY as PERMISSIONS_POLICY  # noqa: PLC0414
from courant.settings.parts.security import SITE_POLICY

INSTALLED_APPS = [
    "courant.users",
    "courant.supervisor",
    "courant.mailbox",
    "courant.health",
    "courant.demo",
    "newsletters.delivery",
    "newsletters.issues",
    "newsletters.audience",
    "newsletters.transport",
    "newsletters.mjml",
    "search",
    "content.importing",
    "content.community",
    "content.vacancies",
    "content.events",
    "content.articles",
    "content.pages",
    "content.organisation",
    "content.people",
    "content.topics",
    "content.blocks",
    "content.media",
    "wagtail.contrib.forms",
    "wagtail.contrib.table_block",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "axes",
    "csp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "courant.health.middleware.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "courant.middleware.ContentSecurityPolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "content.pages.middleware.SiteMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "courant.urls"
WSGI_APPLICATION = "courant.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 1
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_VERBOSE = False

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["courant.formats"]

STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "site" / "static"]
WHITENOISE_MAX_AGE = 60

WAGTAIL_SITE_NAME = "Courant"
WAGTAIL_I18N_ENABLED = False
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_USER_TIME_ZONES = ["Europe/London", "Europe/Dublin", "UTC"]
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
# No autosave: one that is under way while an editor presses "Publish" makes the page a second time, and the editor
# is told that its slug is taken.
WAGTAIL_AUTOSAVE_INTERVAL = 0
WAGTAIL_WORKFLOW_ENABLED = True
WAGTAILIMAGES_IMAGE_MODEL = "media.CourantImage"
WAGTAILIMAGES_IMAGE_FORM_BASE = "content.media.forms.CourantImageForm"
WAGTAILDOCS_DOCUMENT_MODEL = "media.CourantDocument"
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 15 * 1024 * 1024
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "modelsearch.backends.database"}}
WAGTAILEMBEDS_FINDERS: list[dict[str, str]] = []
# W019: the admin shows previews of pages in frames of the same site, which SAMEORIGIN allows and DENY does not.
SILENCED_SYSTEM_CHECKS = ["security.W019"]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

CONTENT_SECURITY_POLICY = SITE_POLICY
X_FRAME_OPTIONS = "SAMEORIGIN"
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True

# Related lists and search: see docs/architecture.md.
SEARCH_INDEX_PREFIX = "courant"
# A confirmation link older than this offers to send a new one.
CONFIRMATION_DAYS = 7
# How many proxies of our own stand in front; only so many entries of X-Forwarded-For are believed.
TRUSTED_PROXY_COUNT = 0
# Who may read /metrics: whoever shows this token, or asks from one of these networks. Neither set: nobody.
METRICS_TOKEN = ""
METRICS_NETWORKS: list[str] = []
# The built-in mailbox is for one machine only; production hands mail to a relay.
COURANT_MAILBOX = False

# What readers search for is counted without anything about them (search/desk/counting.py): a text once so many have
# asked for it within so many days, and forgotten after so many.
SEARCH_STATISTICS = True
SEARCH_SHOWN_AFTER = 3
SEARCH_ASKERS_DAYS = 7
SEARCH_STATISTICS_DAYS = 90

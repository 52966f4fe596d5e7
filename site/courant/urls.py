"""Every address of the site; what no line names belongs to the page tree."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from django.views.static import serve
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from courant.sitemap import robots, sitemap

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("covers/", include("content.media.urls")),
    path("robots.txt", robots, name="robots"),
    path("sitemap.xml", sitemap, name="sitemap"),
    path("", include("newsletters.audience.urls")),
    path("", include("newsletters.delivery.public_urls")),
    path("topics/", include("content.topics.urls")),
    path("people/", include("content.people.urls")),
    path("search/", include("search.urls")),
]
if settings.MEDIA_URL.startswith("/"):
    urlpatterns.append(
        path(f"{settings.MEDIA_URL.strip('/')}/<path:path>", serve, {"document_root": settings.MEDIA_ROOT})
    )
if getattr(settings, "MAIL_API", ""):  # mypy knows the settings later than these addresses
    # Each provider has its own address below; anymail checks the signature or the shared secret.
    urlpatterns.append(path("mail-events/", include("anymail.urls")))
if settings.COURANT_MAILBOX:
    urlpatterns.append(path("mailbox/", include("courant.mailbox.urls")))
urlpatterns.append(path("", include(wagtail_urls)))

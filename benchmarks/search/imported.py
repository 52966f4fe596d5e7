"""Import a folder of real pages and publish all of them: most are expired on their own site, which says nothing here."""

from __future__ import annotations

import argparse
import json

import django


def main() -> None:
    """Import and publish; what is imported already is not written again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--mapping", default="digitalgov")
    options = parser.parse_args()
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 (Django is set up by now)
    from django.db import connection  # noqa: PLC0415 (as above)
    from wagtail.models import Page  # noqa: PLC0415 (as above)

    from content.pages.models import Card  # noqa: PLC0415 (as above)
    from content.pages.services import set_up_site  # noqa: PLC0415 (as above)

    set_up_site()
    call_command("import_content", options.folder, mapping=options.mapping)
    Page.objects.filter(depth__gt=1).update(live=True, expired=False, expire_at=None, go_live_at=None)
    Card.objects.update(visible_from=None, visible_to=None)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(json.dumps({"pages": Card.objects.filter(page__live=True).count()}))


if __name__ == "__main__":
    main()

"""A sender in a process of its own, so that a test can kill it: `python -m … MAILING PORT`.

It speaks to the test's database and does nothing but what the Celery task does between two deliveries of the broker.
"""

from __future__ import annotations

import os
import sys


def main(mailing_id: int, port: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courant.settings.test")
    import django

    django.setup()
    from django.conf import settings
    from django.db import connections

    from newsletters.delivery.sending.dispatch import Ending
    from newsletters.delivery.services import run_sender
    from newsletters.transport.api import ApiRoute
    from newsletters.transport.smtp import SmtpRoute

    settings.DATABASES["default"]["NAME"] = connections["default"].settings_dict["NAME"] = os.environ["TEST_DATABASE"]
    settings.DELIVERY = {"window": int(os.environ.get("WINDOW", "16")), "connections": 4, "box": 60}
    route = SmtpRoute("127.0.0.1", port)
    if os.environ.get("ROUTE") == "api":
        route = ApiRoute("postmark", {"api_url": f"http://127.0.0.1:{port}", "server_token": "invented"})
    ending = run_sender(mailing_id=mailing_id, route=route)
    sys.exit(0 if ending is Ending.EMPTY else 3)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

"""`manage.py prepare`: makes the data ready for the code, once; `manage.py run` calls it when something changed."""

from __future__ import annotations

import errno
import sys
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from courant.supervisor.preflight import folder_fault
from courant.supervisor.preparation import prepare_site

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Migrate, collect static files, set the site up, make the administrator, load the demo, fill the index."""

    help = "Make the data ready for the code: migrations, static files, the site, the demo, the search index."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="Do not load the demo.")

    def handle(self, **options: Any) -> None:
        try:
            prepare_site(demo=not options["no_demo"], say=self.stdout.write)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES}:
                raise
            sys.exit(folder_fault(settings.COURANT_VAR, error))
        except DatabaseError as error:
            # SQLite says in words only what the disk said to it.
            if "disk is full" not in str(error) and "readonly" not in str(error):
                raise
            sys.exit(f"The database cannot be written to ({error}): make room or check who may write to it.")
        finally:
            connection.close()

#!/usr/bin/env python
"""Django's command line, with the two source roots of this checkout on the import path."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def main() -> None:
    """Run a management command; the development settings unless the environment says otherwise."""
    for root in (ROOT, ROOT / "site"):
        if str(root) not in sys.path:
            sys.path.insert(0, str(root))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courant.settings.dev")
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415 (path first)
    from django.core.management import execute_from_command_line  # noqa: PLC0415 (path first)

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # What an operator has to put right is said in its own words; a mistake in the code keeps its traceback.
        if type(error).__name__ != "IncompleteEnvironmentError":
            raise
        sys.exit(f"courant: {error}")


if __name__ == "__main__":
    main()

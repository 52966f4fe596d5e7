"""The web application; gunicorn finds it by `courant.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courant.settings.dev")

application = get_wsgi_application()

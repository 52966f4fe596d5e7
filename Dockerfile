# One image for web, worker and beat; compose.yaml says what each of them runs.
# Debian, not Alpine: the wheels want glibc.
FROM python:3.11-slim-bookworm AS packages
WORKDIR /srv/courant
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements/base.txt requirements/base.txt
RUN python -m venv /opt/courant && /opt/courant/bin/pip install --require-hashes --no-deps -r requirements/base.txt

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/courant courant
COPY --from=packages /opt/courant /opt/courant
WORKDIR /srv/courant
COPY manage.py pyproject.toml README.md LICENSE ./
COPY site site
COPY content content
COPY newsletters newsletters
COPY search search
COPY templates templates
ENV PATH=/opt/courant/bin:$PATH \
    PYTHONPATH=/srv/courant/site:/srv/courant \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=courant.settings.production \
    COURANT_VAR=/var/lib/courant \
    STATIC_ROOT=/srv/courant/static
# Static files are part of the image; settings of their own, because production's want an operator's decisions.
RUN DJANGO_SETTINGS_MODULE=courant.settings.collecting python manage.py collectstatic --noinput --verbosity 0
USER courant
VOLUME /var/lib/courant
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD python -c "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/live', timeout=4)"
CMD ["gunicorn", "courant.wsgi", "--config", "python:courant.gunicorn", "--bind", "0.0.0.0:8000"]

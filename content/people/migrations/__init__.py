"""Migrations, made under Wagtail 7.4."""

"""The user model, ours from the first migration on, because swapping it later is not possible."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """Somebody who can log in to the admin: an editor, an approver, an administrator."""

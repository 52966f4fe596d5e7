"""Forms of the issue desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils import timezone

if TYPE_CHECKING:
    from datetime import datetime


class TestSendForm(forms.Form):
    """To whom a test goes."""

    address = forms.EmailField(label="Send a test to", max_length=254)


class SendForm(forms.Form):
    """When the issue goes out, and the content the editor was looking at."""

    content_hash = forms.CharField(widget=forms.HiddenInput, max_length=64)
    at = forms.DateTimeField(
        required=False,
        label="When",
        help_text="Empty: now.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )

    def clean_at(self) -> datetime | None:
        """Refuse a moment that is over."""
        at: datetime | None = self.cleaned_data["at"]
        if at is not None and at <= timezone.now():
            raise forms.ValidationError("This moment is over; choose a later one, or leave it empty for now.")
        return at

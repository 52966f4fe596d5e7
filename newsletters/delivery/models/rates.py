"""How fast mail may go out: entered by operators, in force within seconds."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from wagtail.admin.panels import FieldPanel


class Rate(models.Model):
    """A limit for one recipient domain, or for the relay as a whole."""

    domain = models.CharField(
        max_length=253,
        unique=True,
        blank=True,
        validators=[RegexValidator(r"^[a-z0-9.-]+$", "Write the domain in lower case, as example.org.")],
        help_text="Mail to addresses at this domain; empty: everything that goes through the relay.",
    )
    per_second = models.FloatField(
        validators=[MinValueValidator(0.001)], help_text="Messages a second; 0.1 is one in ten seconds."
    )

    panels: ClassVar = [FieldPanel("domain"), FieldPanel("per_second")]

    class Meta:
        ordering: ClassVar = ["domain"]
        verbose_name = "sending rate"

    def __str__(self) -> str:
        return f"{self.domain or 'everything'}: {self.per_second:g} a second"

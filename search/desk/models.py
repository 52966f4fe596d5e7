"""What the desk keeps: counts of searches without anything about who searched, and the desk's long jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Final

from django.db import models
from django.utils import timezone

# A job whose worker has not been heard of for so long has been killed with it. Longer than the longest silent step,
# which is learning what belongs together on a large site.
SILENT_FOR: Final = timedelta(minutes=10)
# A job that no worker takes up for so long waits for a worker that does not run.
TAKEN_UP_WITHIN: Final = timedelta(seconds=30)


class QueryCount(models.Model):
    """How often one query was asked on one day; "" stands for all queries together.

    A text is written here only once several people have asked for it (see `search.desk.counting`), so that nothing
    that one person typed by mistake, or about themselves, is ever kept.
    """

    text = models.CharField(max_length=100, blank=True)
    day = models.DateField()
    asked = models.PositiveIntegerField(default=0)
    without_result = models.PositiveIntegerField(default=0)
    clicked = models.PositiveIntegerField(default=0)
    positions = models.PositiveIntegerField(default=0, help_text="The sum of the positions clicked.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=("day", "text"), name="one_query_count_a_day")]
        default_permissions = ()
        permissions: ClassVar = [
            ("use_search_desk", "Can see what readers search for and try searches"),
            ("rebuild_search_index", "Can rebuild and repair the search index"),
        ]

    def __str__(self) -> str:
        return f"{self.text or 'all queries'} on {self.day}"


class ClickCount(models.Model):
    """How often the result at one position was opened on one day, over all queries."""

    day = models.DateField()
    position = models.PositiveSmallIntegerField()
    clicks = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=("day", "position"), name="one_click_count_a_day")]
        default_permissions = ()

    def __str__(self) -> str:
        return f"position {self.position} on {self.day}"


class IndexJob(models.Model):
    """A rebuild or a comparison that an editor has asked for: how far it is, and how it ended."""

    class Kind(models.TextChoices):
        """What is done."""

        REBUILD = "rebuild", "Rebuild"
        DRIFT = "drift", "Comparison with the database"
        REPAIR = "repair", "Repair"

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", "Waiting for a worker"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    kind = models.CharField(max_length=8, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    step = models.CharField(max_length=40, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField()
    heard_at = models.DateTimeField(help_text="When the worker last said how far it is.")
    finished_at = models.DateTimeField(null=True)
    words = models.TextField(blank=True, help_text="How it ended, for editors.")
    keys = models.JSONField(default=list, help_text="The documents that differ, the first thousand.")

    class Meta:
        ordering: ClassVar = ["-pk"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(state__in=["waiting", "running"]), name="one_index_job_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.get_state_display().lower()}"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in {self.State.DONE, self.State.FAILED}

    @property
    def is_stuck(self) -> bool:
        """Whether no worker has taken it up in the time in which one should have."""
        return self.state == self.State.WAITING and self.asked_at < timezone.now() - TAKEN_UP_WITHIN

"""What preflight says."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletters.issues.compiled import CompiledIssue


class Level(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"
    WARNING = "warning"
    OK = "ok"

    @property
    def order(self) -> int:
        """The worst first."""
        return list(Level).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `block_id` is "" where the whole issue, or its frame, is concerned."""

    level: Level
    check: str
    message: str
    block_id: str = ""
    block_label: str = ""

    def __str__(self) -> str:
        place = f" ({self.block_label})" if self.block_label else ""
        return f"{self.level}: {self.check}: {self.message}{place}"


@dataclass(slots=True)
class Report:
    """All findings; `compiled` is None when the issue could not be compiled."""

    findings: list[Finding] = field(default_factory=list)
    compiled: CompiledIssue | None = None

    @property
    def errors(self) -> list[Finding]:
        """What blocks sending."""
        return [finding for finding in self.findings if finding.level is Level.ERROR]

    @property
    def warnings(self) -> list[Finding]:
        """What an editor should judge."""
        return [finding for finding in self.findings if finding.level is Level.WARNING]

    @property
    def passed(self) -> list[Finding]:
        """What is as it should be."""
        return [finding for finding in self.findings if finding.level is Level.OK]

    @property
    def passes(self) -> bool:
        """Whether the issue may go out."""
        return not self.errors

"""What is wrong with a piece of MJML, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault: line and column count from 1, and the message says what to do."""

    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


class MjmlError(ValueError):
    """The source is not MJML that can become a mail; `faults` lists all that was found, in the source's order."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("; ".join(str(fault) for fault in self.faults))

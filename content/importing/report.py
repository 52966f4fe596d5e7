"""The report of an import: every file and what it became, every finding by file and line, and the figures."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from content.importing.findings import Finding, What

if TYPE_CHECKING:
    from pathlib import Path

    from content.importing.measures import Meter, Thousand


@dataclass(slots=True)
class Entry:
    """One source file: what it became, under which address, and what this run did about it."""

    path: str
    became: str
    address: str = ""
    object_id: int = 0
    state: str = ""


@dataclass(slots=True)
class ImportReport:
    """What `import_folder` returns; complete after every run, also after one that was killed and resumed."""

    source: str
    folder: str
    dry_run: bool = False
    files: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    queries: int = 0
    writes: int = 0
    longest_transaction: float = 0.0
    redirects_made: int = 0
    redirects_there: int = 0
    relinked: int = 0
    entries: list[Entry] = field(default_factory=list)
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    figures: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    unnamed_keys: dict[str, int] = field(default_factory=dict)
    thousands: list[Thousand] = field(default_factory=list)

    def add(
        self,
        entry: Entry,
        findings: list[Finding],
        figures: dict[str, dict[str, int]] | None = None,
        *,
        is_file: bool = True,
    ) -> None:
        """Add one file, or something that was made without one."""
        if is_file:
            self.entries.append(entry)
        if findings:
            self.findings.setdefault(entry.path, []).extend(findings)
        for name, counts in (figures or {}).items():
            self.figures[name].update(counts)

    def take_costs(self, meter: Meter) -> None:
        """Take the figures of a meter that has stopped."""
        self.thousands = meter.thousands
        self.seconds, self.cpu_seconds = meter.seconds, meter.cpu_seconds
        self.queries, self.writes = meter.queries, meter.writes

    def by_what(self) -> dict[What, list[tuple[str, Finding]]]:
        """Findings by what they are about, in the order of `What`."""
        grouped: dict[What, list[tuple[str, Finding]]] = {what: [] for what in What}
        for path in sorted(self.findings):
            for finding in self.findings[path]:
                grouped[finding.what].append((path, finding))
        return {what: rows for what, rows in grouped.items() if rows}

    def became(self) -> Counter[str]:
        """How many files became what."""
        return Counter(entry.became for entry in self.entries)

    def states(self) -> Counter[str]:
        """What this run did: made, changed, unchanged, …."""
        return Counter(entry.state for entry in self.entries if entry.state)

    @property
    def pages(self) -> int:
        """Pages that this run made or changed."""
        return sum(thousand.pages for thousand in self.thousands)

    def summary(self) -> str:
        """The report in some twenty lines, for the terminal."""
        lines = [
            f"{self.files} files" + (" (dry run: nothing was written)" if self.dry_run else ""),
            "became: " + _counted(self.became()),
            "this run: " + _counted(self.states()),
            f"redirects: {self.redirects_made} made, {self.redirects_there} there before",
            "blocks: " + _counted(self.figures["blocks"]),
            "shortcodes: " + _counted(_by_outcome(self.figures["shortcodes"])),
            "links: " + _counted(self.figures["links"]),
        ]
        if self.pages:
            lines.append(
                f"{self.pages} pages in {self.seconds:.0f} s ({self.pages / max(self.seconds, 0.001):.0f} a second), "
                f"{self.cpu_seconds:.0f} s of processor, {self.queries} queries, "
                f"{self.relinked} pages linked in the second pass, longest transaction {self.longest_transaction:.2f} s"
            )
        lines += [thousand.words_of() for thousand in self.thousands]
        lines += [f"{len(rows):>6}  {what.value}" for what, rows in self.by_what().items()]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Everything, for a program."""
        return {
            "source": self.source,
            "folder": self.folder,
            "dry_run": self.dry_run,
            "files": self.files,
            "seconds": round(self.seconds, 2),
            "cpu_seconds": round(self.cpu_seconds, 2),
            "queries": self.queries,
            "writes": self.writes,
            "longest_transaction": round(self.longest_transaction, 3),
            "redirects": {"made": self.redirects_made, "there": self.redirects_there},
            "relinked": self.relinked,
            "became": dict(self.became()),
            "states": dict(self.states()),
            "figures": {name: dict(counts) for name, counts in self.figures.items()},
            "unnamed_keys": self.unnamed_keys,
            "thousands": [asdict(thousand) for thousand in self.thousands],
            "findings": {
                what.name.lower(): [[path, finding.line, finding.message] for path, finding in rows]
                for what, rows in self.by_what().items()
            },
            "entries": [asdict(entry) for entry in self.entries],
        }

    def as_markdown(self) -> str:
        """Everything, for a person: the summary, the findings by what they are about, then every file."""
        out = [f"# Import of {self.source}", "", "```", self.summary(), "```", ""]
        if self.figures["shortcodes"]:
            out += ["## Shortcodes", "", "| shortcode | outcome | count |", "|---|---|---|"]
            for name, count in sorted(self.figures["shortcodes"].items()):
                code, _, outcome = name.rpartition(": ")
                out.append(f"| `{code}` | {outcome} | {count} |")
            out.append("")
        if self.figures["html"]:
            out += ["## HTML within Markdown", "", "| element | outcome | count |", "|---|---|---|"]
            for name, count in sorted(self.figures["html"].items()):
                tag, _, outcome = name.rpartition(": ")
                out.append(f"| `{tag or name}` | {outcome if tag else ''} | {count} |")
            out.append("")
        if self.unnamed_keys:
            out += [f"## {What.KEY.value}", ""]
            out += [f"- `{key}`: in {count} files" for key, count in sorted(self.unnamed_keys.items(), key=_most)] + [
                ""
            ]
        for what, rows in self.by_what().items():
            out += [f"## {what.value} ({len(rows)})", ""]
            out += [
                f"- `{path}{f':{found.line}' if found.line else ''}` {_line(found.message)}" for path, found in rows
            ]
            out.append("")
        out += ["## Every file", ""]
        out += [
            f"- `{entry.path}`: {entry.became}{f' {entry.address}' if entry.address else ''}" for entry in self.entries
        ]
        return "\n".join(out) + "\n"

    def write(self, path: Path) -> None:
        """Write the report as JSON or Markdown, by the file's ending."""
        if path.suffix.lower() == ".json":
            path.write_text(json.dumps(self.as_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        else:
            path.write_text(self.as_markdown(), encoding="utf-8")


def _most(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common()) or "none"


def _by_outcome(counts: Counter[str]) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    for name, count in counts.items():
        outcomes[name.rpartition(": ")[2]] += count
    return outcomes


def _line(text: str) -> str:
    return " ".join(text.split()).replace("`", "'")

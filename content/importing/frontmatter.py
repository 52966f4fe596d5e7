"""A source file taken apart: front matter, body, and where the body begins. Broken files give what they can."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from content.importing.findings import Finding, What

if TYPE_CHECKING:
    from pathlib import Path

BYTE_ORDER_MARK = "\ufeff"
_FENCES = {"---": "yaml", "+++": "toml"}
_KEY = re.compile(r"([A-Za-z_][\w-]*)\s*:(?:\s+(.*)|)$")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_FastLoader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class PlainLoader(_FastLoader):
    """YAML whose dates, times and odd numbers stay the text that was written; this room reads dates itself."""


PlainLoader.yaml_implicit_resolvers = {}
PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), "tTfF"
)
PlainLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
PlainLoader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?(?:0|[1-9][0-9]*)$"), "-+0123456789")
PlainLoader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"<<$"), "<")


@dataclass(slots=True)
class SourceText:
    """A file's front matter and body; `first_line` is the line of the file that the body's first line is."""

    front: dict[str, Any]
    body: str
    first_line: int = 1
    findings: list[Finding] = field(default_factory=list)


def read_source(path: Path) -> SourceText:
    """Read a file and take it apart; never refuses one for what is in it."""
    return parse_source(path.read_bytes())


def parse_source(data: bytes) -> SourceText:
    """Take a file's bytes apart into front matter and body."""
    findings: list[Finding] = []
    text = decode(data, findings)
    lines = text.split("\n")
    start = next((number for number, line in enumerate(lines) if line.strip()), None)
    if start is None:
        return SourceText({}, "", 1, findings)
    fence = lines[start].rstrip()
    if fence in _FENCES:
        return _fenced(lines, start, fence, findings)
    if fence.startswith("{") and not fence.startswith(("{{", "{%")):
        return _json(text, findings)
    return SourceText({}, text, 1, findings)


def decode(data: bytes, findings: list[Finding]) -> str:
    """Decode UTF-8; a byte that is not is read as Windows-1252, which is what it was nearly always meant as."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        parts, position, wrong = [], 0, 0
        while position < len(data):
            try:
                parts.append(data[position:].decode())
                break
            except UnicodeDecodeError as again:
                bad = position + again.start
                parts.append(data[position:bad].decode())
                parts.append(data[bad : bad + 1].decode("cp1252", "replace"))
                position, wrong = bad + 1, wrong + 1
        text = "".join(parts)
        findings.append(Finding(What.BYTES, f"{wrong} read as Windows-1252; the first is here", line))
    text = text.removeprefix(BYTE_ORDER_MARK).replace("\r\n", "\n").replace("\r", "\n")
    if control := _CONTROL.search(text):
        line = text.count("\n", 0, control.start()) + 1
        findings.append(Finding(What.BYTES, "control characters left out; the first is here", line))
        text = _CONTROL.sub("", text)
    return text


def _fenced(lines: list[str], start: int, fence: str, findings: list[Finding]) -> SourceText:
    end = next((number for number in range(start + 1, len(lines)) if lines[number].rstrip() == fence), None)
    if end is None:
        findings.append(
            Finding(What.FRONT_MATTER, f"no closing {fence}; everything up to the first empty line", start + 1)
        )
        end = next((n for n in range(start + 1, len(lines)) if not lines[n].strip()), len(lines) - 1)
    block = "\n".join(lines[start + 1 : end])
    body = "\n".join(lines[end + 1 :])
    front = _toml(block, start, findings) if _FENCES[fence] == "toml" else _yaml(block, start, findings)
    return SourceText(front, body, end + 2, findings)


def _yaml(block: str, start: int, findings: list[Finding]) -> dict[str, Any]:
    try:
        front = yaml.load(block, Loader=PlainLoader)  # noqa: S506 (PlainLoader is a safe loader)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = start + 2 + (mark.line if mark else 0)
        problem = getattr(error, "problem", None) or "not YAML"
        front = _salvage(block)
        findings.append(
            Finding(What.FRONT_MATTER, f"{problem}; read key by key: {', '.join(front) or 'nothing'}", line)
        )
        return front
    if front is None:
        return {}
    if not isinstance(front, dict):
        findings.append(Finding(What.FRONT_MATTER, "not keys and values; left out", start + 1))
        return {}
    return {str(key): value for key, value in front.items()}


def _toml(block: str, start: int, findings: list[Finding]) -> dict[str, Any]:
    try:
        return tomllib.loads(block)
    except tomllib.TOMLDecodeError as error:
        findings.append(Finding(What.FRONT_MATTER, f"not TOML: {error}", start + 1))
        return _salvage(re.sub(r"^([\w-]+)\s*=", r"\1:", block, flags=re.MULTILINE))


def _json(text: str, findings: list[Finding]) -> SourceText:
    try:
        front, end = json.JSONDecoder().raw_decode(text.lstrip())
    except ValueError:
        return SourceText({}, text, 1, findings)
    skipped = len(text) - len(text.lstrip()) + end
    return SourceText(
        front if isinstance(front, dict) else {}, text[skipped:], text.count("\n", 0, skipped) + 1, findings
    )


def _salvage(block: str) -> dict[str, Any]:
    """Read what can be read from YAML that is broken somewhere: every key by itself, with its own lines."""
    front: dict[str, Any] = {}
    chunk: list[str] = []
    for line in [*block.split("\n"), "end:"]:
        if _KEY.match(line) and chunk:
            key, value = _salvaged(chunk)
            if key:
                front[key] = value
            chunk = []
        if line.strip() and not line.lstrip().startswith("#"):
            chunk.append(line)
    return front


def _salvaged(chunk: list[str]) -> tuple[str, Any]:
    try:
        read = yaml.load("\n".join(chunk), Loader=PlainLoader)  # noqa: S506 (PlainLoader is a safe loader)
        if isinstance(read, dict) and len(read) == 1:
            return next((str(key), value) for key, value in read.items())
    except (yaml.YAMLError, ValueError):
        pass
    found = _KEY.match(chunk[0])
    if found is None:
        return "", None
    words = " ".join([found[2] or "", *(line.strip() for line in chunk[1:])]).strip()
    return found[1], words.strip("\"'")

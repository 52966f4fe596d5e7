"""What an issue is once compiled: the contract between `issues`, which writes it, and `delivery`, which sends it.

A compiled issue holds its subject, HTML and text each as a tuple of parts in order: static text, merge tokens, and
the marks around sections that only a topic's followers get. Everything that is the same for all recipients is static,
so that a sender encodes it once. `render_for` is the plain reference: whatever a faster sender does has to come out
equal to it.

Rules a sender must keep, all of them in `render_for`:

- a token's value goes through `clean_value`, and in the HTML part through `escape_html` as well, in text and in
  attributes alike; a default is treated as a value is;
- an empty or missing value becomes the token's default; a missing value of a required field raises `ValueMissing`;
- what stands between `SectionStart(topic_id)` and `SectionEnd()` is left out unless `topic_id` is among the
  recipient's topics. Sections are not nested, and occur in the HTML and text parts only.
"""

from __future__ import annotations

import hashlib
import html
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

FORMAT: Final = 1
"""The version of `CompiledIssue.as_data`; a frozen mailing of another version is refused, not guessed at."""

MAX_VALUE_LENGTH: Final = 2000
"""Characters a merge value may have: no address of ours is longer, and a name never is."""


class ValueMissing(LookupError):  # noqa: N818 (named like the other refusals of DESIGN §9)
    """A required field has no value for a recipient, for example the unsubscribe link: the mail must not go out."""


@dataclass(frozen=True, slots=True)
class Field:
    """A merge field: `required` ones have no default; `longest` is the length preflight reckons with, in characters."""

    name: str
    label: str
    required: bool
    is_url: bool
    longest: int
    sample: str


FIELDS: Final[dict[str, Field]] = {
    field.name: field
    for field in (
        Field("name", "the subscriber's name", required=False, is_url=False, longest=80, sample="Sam Example"),
        Field(
            "address",
            "the subscriber's address",
            required=False,
            is_url=False,
            longest=254,
            sample="sam@example.org",
        ),
        Field(
            "unsubscribe_url",
            "the unsubscribe link",
            required=True,
            is_url=True,
            longest=400,
            sample="https://example.org/unsubscribe/",
        ),
        Field(
            "preferences_url",
            "the link to the preferences",
            required=True,
            is_url=True,
            longest=400,
            sample="https://example.org/preferences/",
        ),
        Field(
            "archive_url",
            "the link to the web version",
            required=True,
            is_url=True,
            longest=400,
            sample="https://example.org/newsletters/",
        ),
    )
}
"""Every merge field there is, by name. An editor writes `{{name|friend}}`; anything else in braces is a fault."""


@dataclass(frozen=True, slots=True)
class Static:
    """Text that is the same for every recipient; ready to send (HTML already escaped)."""

    text: str


@dataclass(frozen=True, slots=True)
class Token:
    """A merge field's place; `default` is raw text, not escaped."""

    name: str
    default: str = ""


@dataclass(frozen=True, slots=True)
class SectionStart:
    """From here on until `SectionEnd`: for followers of this topic only."""

    topic_id: int


@dataclass(frozen=True, slots=True)
class SectionEnd:
    """The end of the section that was started last."""


Part = Static | Token | SectionStart | SectionEnd
Parts = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class BlockCost:
    """How many bytes of the compiled HTML one block of the issue's body takes, for preflight."""

    block_id: str
    block_type: str
    label: str
    size: int


@dataclass(frozen=True, slots=True)
class CompiledIssue:
    """An issue, compiled once; immutable, and complete: sending it reads no page, block or template again.

    `subject` and `preheader` hold `Static` and `Token` only; the preheader also stands inside `html`, at its top, so
    a sender does not need it. `sender_address` and `reply_to` ("" for none) are bare addresses, `sender_name` is raw
    text. `archive_url` is the absolute address of the web version, the same for everybody. `warnings` and `blocks`
    are for editors and no part of the hash; neither is `revision_id`, the revision of the page that was compiled (None
    for a page as its row is), which `mark_issue_sent` publishes.
    """

    issue_id: int
    newsletter_id: int
    list_id: int | None
    sender_name: str
    sender_address: str
    reply_to: str
    archive_url: str
    subject: Parts
    preheader: Parts
    html: Parts
    text: Parts
    warnings: tuple[str, ...] = ()
    blocks: tuple[BlockCost, ...] = ()
    revision_id: int | None = None

    @property
    def content_hash(self) -> str:
        """SHA-256 (hexadecimal) of everything a recipient can notice, and of the list it goes to."""
        data = self.as_data()
        for key in ("warnings", "blocks", "revision_id"):
            del data[key]
        canonical = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def topic_ids(self) -> frozenset[int]:
        """The topics that have sections of their own in this issue."""
        return frozenset(part.topic_id for part in self.html if isinstance(part, SectionStart))

    @property
    def field_names(self) -> frozenset[str]:
        """The merge fields in use anywhere."""
        every = (*self.subject, *self.preheader, *self.html, *self.text)
        return frozenset(part.name for part in every if isinstance(part, Token))

    def as_data(self) -> dict[str, Any]:
        """Return what `json.dumps` accepts and `CompiledIssue.from_data` turns back into an equal object."""
        return {
            "format": FORMAT,
            "issue_id": self.issue_id,
            "newsletter_id": self.newsletter_id,
            "list_id": self.list_id,
            "sender_name": self.sender_name,
            "sender_address": self.sender_address,
            "reply_to": self.reply_to,
            "archive_url": self.archive_url,
            **{name: [_part_as_data(part) for part in getattr(self, name)] for name in _PART_FIELDS},
            "warnings": list(self.warnings),
            "blocks": [[cost.block_id, cost.block_type, cost.label, cost.size] for cost in self.blocks],
            "revision_id": self.revision_id,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> CompiledIssue:
        """Rebuild a compiled issue from what `as_data` gave.

        Raises:
            ValueError: written by another version of Courant; compile the issue again.
        """
        if data.get("format") != FORMAT:
            raise ValueError(f"a compiled issue of format {data.get('format')!r}; compile the issue again")
        values: dict[str, Any] = {name: data[name] for name in _PLAIN_FIELDS}
        parts: dict[str, Any] = {name: tuple(_part_from_data(part) for part in data[name]) for name in _PART_FIELDS}
        return cls(
            **values,
            **parts,
            warnings=tuple(data["warnings"]),
            blocks=tuple(BlockCost(*cost) for cost in data["blocks"]),
            revision_id=data["revision_id"],
        )


_PLAIN_FIELDS: Final = (
    "issue_id",
    "newsletter_id",
    "list_id",
    "sender_name",
    "sender_address",
    "reply_to",
    "archive_url",
)
_PART_FIELDS: Final = ("subject", "preheader", "html", "text")


class Rendered(NamedTuple):
    """One recipient's mail before it becomes a message."""

    subject: str
    html: str
    text: str


def clean_value(value: str) -> str:
    """Make a merge value one line without control characters, so that it can never start a header or a line of its own.

    Raises:
        ValueError: longer than `MAX_VALUE_LENGTH`.
    """
    if len(value) > MAX_VALUE_LENGTH:
        raise ValueError(f"a merge value of {len(value)} characters; {MAX_VALUE_LENGTH} are allowed")
    printable = "".join(character if character.isprintable() else " " for character in value)
    return " ".join(printable.split())


def escape_html(value: str) -> str:
    """Escape a cleaned merge value for HTML text and for quoted attributes alike."""
    return html.escape(value, quote=True)


def value_of(token: Token, values: Mapping[str, str]) -> str:
    """Return the cleaned value a token stands for, or its default.

    Raises:
        ValueMissing: a required field without a value.
        ValueError: the value is too long.
    """
    value = clean_value(values.get(token.name) or token.default)
    if not value and FIELDS[token.name].required:
        raise ValueMissing(f"no value for {token.name}, which every mail of this issue needs")
    return value


def render_parts(
    parts: Sequence[Part],
    values: Mapping[str, str],
    topics: Collection[int] = (),
    *,
    encode: Callable[[str], str] = str,
) -> str:
    """Render one part of a compiled issue for one recipient; `encode` is applied to merge values alone.

    Raises:
        ValueMissing: a required field without a value.
    """

    def pieces() -> Iterator[str]:
        shown = True
        for part in parts:
            match part:
                case Static(text) if shown:
                    yield text
                case Token() if shown:
                    yield encode(value_of(part, values))
                case SectionStart(topic_id):
                    shown = topic_id in topics
                case SectionEnd():
                    shown = True

    return "".join(pieces())


def render_for(compiled: CompiledIssue, values: Mapping[str, str], topics: Collection[int]) -> Rendered:
    """Render the mail of one recipient: the reference for every sender, and what preview and tests show.

    `values` maps field names to raw text; `topics` are the ids of the topics the recipient follows.

    Raises:
        ValueMissing: a required field without a value.
    """
    return Rendered(
        render_parts(compiled.subject, values),
        render_parts(compiled.html, values, topics, encode=escape_html),
        render_parts(compiled.text, values, topics),
    )


def _part_as_data(part: Part) -> list[Any]:
    match part:
        case Static(text):
            return ["s", text]
        case Token(name, default):
            return ["t", name, default]
        case SectionStart(topic_id):
            return ["+", topic_id]
        case SectionEnd():
            return ["-"]


def _part_from_data(data: Sequence[Any]) -> Part:
    kinds: dict[str, type[Any]] = {"s": Static, "t": Token, "+": SectionStart, "-": SectionEnd}
    return kinds[data[0]](*data[1:])

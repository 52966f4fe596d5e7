"""How the mailbox treats what it is handed: at once and kindly, or slowly, or not at all.

Tests of delivery need a relay that answers late, refuses, or breaks off at the worst moment. The behaviour is a small
file beside the mail, so that it can be changed while the sink runs, by `manage.py mailbox` or by a test.
"""

from __future__ import annotations

import fnmatch
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "behaviour.json"


@dataclass(frozen=True)
class Behaviour:
    """`delay`: seconds before a message is acknowledged. `refuse`: pattern of recipient → reply code (4xx or 5xx).

    `hang_up`: patterns of recipients whose message is kept, but whose connection is cut before the acknowledgement, so
    that the sender cannot know.
    """

    delay: float = 0.0
    refuse: dict[str, int] = field(default_factory=dict)
    hang_up: tuple[str, ...] = ()

    def refusal(self, recipient: str) -> int | None:
        """Return the code to refuse a recipient with, or None."""
        for pattern, code in self.refuse.items():
            if fnmatch.fnmatchcase(recipient.lower(), pattern.lower()):
                return code
        return None

    def hangs_up_on(self, recipients: list[str]) -> bool:
        """Whether the connection is cut after the message to these recipients."""
        return any(
            fnmatch.fnmatchcase(name.lower(), pattern.lower()) for name in recipients for pattern in self.hang_up
        )


def read_behaviour(root: Path) -> Behaviour:
    """Return the behaviour set for the mailbox under `root`; a missing or spoilt file means none."""
    try:
        values = json.loads((root / FILE_NAME).read_text(encoding="utf-8"))
        return Behaviour(
            delay=float(values.get("delay", 0)),
            refuse={str(pattern): int(code) for pattern, code in values.get("refuse", {}).items()},
            hang_up=tuple(map(str, values.get("hang_up", ()))),
        )
    except (OSError, ValueError, AttributeError, TypeError):
        return Behaviour()


def write_behaviour(*, root: Path, behaviour: Behaviour) -> None:
    """Set the behaviour; the sink follows from the next message on."""
    root.mkdir(parents=True, exist_ok=True)
    draft = root / f".{FILE_NAME}"
    draft.write_text(json.dumps(asdict(behaviour), indent=1), encoding="utf-8")
    draft.replace(root / FILE_NAME)

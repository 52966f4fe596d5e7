"""kill -9 of the worker while a mailing of 200 goes out: nobody is lost, nobody is doubled."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.running_site import RunningSite

RECIPIENTS = 200


def processes_below(pid: int) -> list[int]:
    """Return every descendant of a process, from /proc."""
    parents: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found, waiting = [], [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def bulk_workers(site: RunningSite) -> list[int]:
    assert site.process is not None
    found = []
    for pid in processes_below(site.process.pid):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"index,bulk" in command and b"celery" in command:
            found.append(pid)
    return found


def page_id(site: RunningSite, path: str) -> int:
    with sqlite3.connect(f"file:{site.var / 'courant.sqlite3'}?mode=ro", uri=True) as database:
        [row] = database.execute("SELECT id FROM wagtailcore_page WHERE url_path LIKE ?", [f"%/{path}/"]).fetchall()
    return int(row[0])


def status(site: RunningSite, mailing: str) -> dict[str, Any]:
    return dict(json.loads(site.manage("newsletter", "status", mailing, "--json").stdout.strip().splitlines()[-1]))


def newsletter_recipients(site: RunningSite) -> list[str]:
    """Return the addresses of the newsletter mails that the mailbox has kept, one for each mail."""
    recipients = [(str(mail["Subject"]), str(mail["To"])) for mail in site.mails() if mail["List-Unsubscribe"]]
    subjects = {subject for subject, _ in recipients if "stop" in subject.lower()}
    return [recipient for subject, recipient in recipients if subject in subjects]


def kept(site: RunningSite) -> int:
    """Count the mails in the mailbox without reading them, which is quick."""
    return sum(1 for _ in (site.var / "mailbox").rglob("*.eml"))


@pytest.mark.xdist_group("site")
def test_a_killed_worker_loses_nobody_and_doubles_nobody(site: RunningSite, tmp_path: Path):
    people = tmp_path / "people.csv"
    with people.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["email", "name"])
        writer.writerows([f"reader{number:03}@example.org", f"Reader {number}"] for number in range(RECIPIENTS))
    attestation = "Given on paper at the invented gathering of 12 May 2026, in the wording of that day."
    site.manage(
        "subscribers", "import", str(people), "--list", "monthly-round", "--ground", "consent", "--basis", "consent",
        "--attestation", attestation,
    )  # fmt: skip
    issue = page_id(site, "newsletters/monthly-round/the-stopping-issue")
    site.manage("mailbox", "--delay", "0.25")
    before = kept(site)
    try:
        mailing = site.manage("newsletter", "send", str(issue)).stdout
        number = re.findall(r"\d+", mailing)[0]
        deadline = time.monotonic() + 60
        while kept(site) - before < RECIPIENTS // 4:
            assert time.monotonic() < deadline, site.log[-3000:]
            time.sleep(0.05)
        killed = bulk_workers(site)
        assert killed
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        assert kept(site) - before < RECIPIENTS
    finally:
        site.manage("mailbox", "--reset")
    deadline = time.monotonic() + 150
    while (state := status(site, number))["state"] != "finished":
        assert time.monotonic() < deadline, (state, site.log[-3000:])
        time.sleep(1)
    arrived = Counter(newsletter_recipients(site))
    assert max(arrived.values()) == 1, "somebody got it twice"
    assert state["accepted"] + state["unknown"] == state["total"] >= RECIPIENTS
    assert state["accepted"] <= len(arrived) <= state["total"]

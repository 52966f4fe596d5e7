"""What a killed sender leaves behind: nobody lost, nobody doubled, and at most one window in doubt."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.db.models.functions import Now

from newsletters.delivery.models import Recipient, Sender
from newsletters.delivery.selectors import mailing_counts
from newsletters.delivery.services import resend_unknown, sweep_mailings
from newsletters.delivery.states import MailingState, Outcome
from tests.factories.delivery import sending_mailing
from tests.integration.delivery.servers import ScriptedServer

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[3]
WINDOW = 16


def start_sender(mailing, server):
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'site'}{os.pathsep}{ROOT}",
        "TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "WINDOW": str(WINDOW),
    }
    command = [sys.executable, "-m", "tests.integration.delivery.sender_process", str(mailing.pk), str(server.port)]
    return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.005)


def time_passes():
    """The leases of the dead run out: what 30 seconds would do."""
    Sender.objects.update(lease_until=Now() - timedelta(seconds=1))


def finish(mailing, server):
    process = start_sender(mailing, server)
    assert process.wait(120) == 0
    sweep_mailings()
    mailing.refresh_from_db()
    assert mailing.state == MailingState.FINISHED


def reckon(mailing, server):
    """Compare the ledger with what the server took; return the unknown addresses."""
    deliveries = server.deliveries
    rows = dict(Recipient.objects.filter(mailing=mailing).values_list("address", "state"))
    assert all(count == 1 for count in deliveries.values()), "somebody got it twice"
    assert set(rows.values()) <= {Outcome.ACCEPTED, Outcome.UNKNOWN}
    accepted = {address for address, state in rows.items() if state == Outcome.ACCEPTED}
    assert accepted <= set(deliveries), "somebody is called accepted and got nothing"
    unknown = set(rows) - accepted
    assert set(deliveries) - accepted <= unknown
    return unknown


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_killed_sender_loses_and_doubles_nobody(seed):
    chance = random.Random(seed)  # noqa: S311 (nothing secret)
    mailing = sending_mailing(200)
    with ScriptedServer(delay=0.002) as server:
        kills = 0
        for _ in range(3):
            before = len(server.accepted)
            process = start_sender(mailing, server)
            target = before + chance.randint(1, 50)
            wait_for(
                lambda target=target, process=process: len(server.accepted) >= target or process.poll() is not None
            )
            if process.poll() is None:
                process.kill()
                kills += 1
            process.wait(10)
            time_passes()
            sweep_mailings()
        assert kills
        finish(mailing, server)
        unknown = reckon(mailing, server)
        assert len(unknown) <= kills * WINDOW
        counts = mailing_counts(mailing)
        assert (counts.accepted, counts.unknown) == (200 - len(unknown), len(unknown))


def test_unknown_recipients_get_the_same_message_again_when_an_operator_says_so():
    mailing = sending_mailing(60)
    with ScriptedServer(delay=0.01) as server:
        process = start_sender(mailing, server)
        wait_for(lambda: len(server.accepted) >= 20)
        process.kill()
        process.wait(10)
        time_passes()
        swept = sweep_mailings()
        assert swept.buried == 1
        assert 0 < swept.unknown <= WINDOW
        in_doubt = mailing_counts(mailing).unknown
        assert resend_unknown(mailing=mailing) == in_doubt
        first = server.message_ids
        finish(mailing, server)
        assert set(server.deliveries) == set(Recipient.objects.values_list("address", flat=True))
        again = [address for address, count in server.deliveries.items() if count > 1]
        assert len(again) <= in_doubt
        assert all(server.message_ids[address] == first[address] for address in again)
        assert mailing_counts(mailing).accepted == 60


def test_a_chunk_whose_people_are_all_settled_does_not_end_the_sender():
    mailing = sending_mailing(1010)
    Recipient.objects.filter(mailing=mailing, number__lte=500).update(state=Outcome.UNKNOWN)
    with ScriptedServer() as server:
        finish(mailing, server)
    assert len(server.accepted) == 510

"""`make inspect-delivery`: a run through a real worker, every message of it parsed back and checked.

SIZE recipients (5,000), 70 KB a message, names that have broken mails elsewhere, sections that a third of them get.
Ends with a line of JSON; its exit code says whether everything was as the preview shows it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

from benchmarks.delivery.ground import BODY_SIZE, Ground, filling, make_list
from benchmarks.delivery.runs import wait_until
from tests.integration.delivery.servers import ScriptedServer

TOPIC = 7
SHOWN = 20


def main() -> None:
    """Send, take apart, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=int(os.environ.get("SIZE") or 5_000))
    options = parser.parse_args()
    with Ground() as ground:
        from django.utils import timezone  # noqa: PLC0415 (Django is set up by now)

        from newsletters.audience.models import MailingList  # noqa: PLC0415 (as above)
        from newsletters.delivery import services  # noqa: PLC0415 (as above)
        from tests.integration.delivery.inspection import awkward_issue, inspect_run, spread_names  # noqa: PLC0415

        mailing_list = MailingList.objects.get(pk=make_list(options.recipients))
        compiled = awkward_issue(mailing_list, topic_id=TOPIC, filling=filling(BODY_SIZE))
        frozen = services.freeze_mailing(compiled=compiled, at=timezone.now())
        mailing = services.freeze_audience(mailing=frozen)
        spread_names(mailing, topic_id=TOPIC)
        with ground.worker(signing=True), ScriptedServer(port=ground.sink_port) as server:
            services.start_mailing(mailing=mailing)
            wait_until(lambda: not mailing.recipients.filter(state=0).exists(), pause=0.5)
            wait_until(lambda: not mailing.senders.exists())
        found = inspect_run(mailing, server.accepted, verify=ground.verify)
    for fault in found.faults[:SHOWN]:
        print(fault, file=sys.stderr)
    octets = sum(len(data) for _, _, data in server.accepted) // max(1, found.messages)
    print(json.dumps({
        "recipients": options.recipients, "messages": found.messages, "octets_a_message": octets,
        "longest_body_line": found.longest_line, "dkim_verified": found.signed, "faults": len(found.faults),
    }))  # fmt: skip
    sys.exit(1 if found.faults or {found.messages, found.signed} != {options.recipients} else 0)


if __name__ == "__main__":
    main()

"""Bringing people in and taking a copy out."""

from __future__ import annotations

import csv
import io
import stat

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from newsletters.audience.models import (
    Event,
    Evidence,
    Ground,
    PermissionRecord,
    Reason,
    State,
    Subscriber,
    Subscription,
)
from newsletters.audience.selectors import mailable_subscriptions
from newsletters.audience.services import suppress_address
from newsletters.audience.spreadsheets import BATCH
from tests.factories.audience import MailingListFactory, SubscriberFactory, SubscriptionFactory
from tests.factories.pages import TopicFactory

pytestmark = pytest.mark.django_db
ATTESTATION = "Collected on paper at the spring gathering 2026; forms kept by the events team."


@pytest.fixture
def mailing_list():
    return MailingListFactory(slug="round")


@pytest.fixture
def run(tmp_path):
    def run_import(text: str | bytes, **options) -> str:
        path = tmp_path / "people.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        out = io.StringIO()
        facts = {"list": "round", "ground": "consent", "basis": "consent", "attestation": ATTESTATION} | options
        call_command("subscribers", "import", path, stdout=out, stderr=io.StringIO(), **facts)
        return out.getvalue()

    return run_import


def test_people_come_in_with_an_attested_permission(run, mailing_list):
    topic = TopicFactory(slug="flow")
    said = run(
        "\ufeffEmail,Name,topics,frequency,since\n"
        "Jo@Example.org,Jo,flow,weekly,2025-04-30\n"
        'ann@example.org,"Ann, O\'Neil",,,\n'
    )
    assert said.strip() == "2 added, 0 unchanged, 0 refused."
    jo = Subscriber.objects.get(canonical="jo@example.org")
    assert (jo.email, jo.name, jo.frequency, list(jo.topics.all())) == ("Jo@example.org", "Jo", "weekly", [topic])
    record = jo.subscriptions.get().permission
    assert (record.event, record.evidence, record.attestation) == (Event.IMPORTED, Evidence.ATTESTED, ATTESTATION)
    assert record.at.date().isoformat() == "2025-04-29"  # midnight in London is 23:00 UTC the day before
    assert record.wording.text == ATTESTATION
    assert mailable_subscriptions(mailing_list).count() == 2


def test_a_second_run_changes_nothing(run, mailing_list):
    text = "email\n" + "".join(f"reader{number}@example.org\n" for number in range(BATCH + 5))
    run(text)
    records = PermissionRecord.objects.count()
    assert run(text).strip() == f"0 added, {BATCH + 5} unchanged, 0 refused."
    assert PermissionRecord.objects.count() == records == BATCH + 5


def test_a_dry_run_reports_and_changes_nothing(run, mailing_list):
    said = run("email\njo@example.org\nno address\n", dry_run=True)
    assert "1 would be added, 0 unchanged, 1 refused." in said
    assert not Subscriber.objects.exists()
    assert not PermissionRecord.objects.exists()


def test_who_left_complained_bounced_or_was_erased_is_never_brought_back(run, mailing_list):
    suppress_address(canonical="erased@example.org", reason=Reason.ERASED, at=timezone.now())
    left = [SubscriptionFactory(mailing_list=mailing_list, state=state) for state in ("unsubscribed", "bounced")]
    rows = ["erased@example.org", *(subscription.subscriber.email.upper() for subscription in left)]
    said = run("email\n" + "\n".join(rows) + "\n")
    assert "line 2: suppressed: data erased" in said
    assert "line 3: has left this list: unsubscribed" in said
    assert "line 4: has left this list: address does not work" in said
    assert "0 added, 0 unchanged, 3 refused." in said
    assert not Subscriber.objects.filter(canonical="erased@example.org").exists()
    assert not mailable_subscriptions(mailing_list).exists()


def test_a_row_that_cannot_be_taken_is_named_by_line_and_reason_without_its_address(run, mailing_list):
    said = run(
        "email,name,topics,frequency,since\n"
        "not-an-address,,,,\n"
        "a@example.org,,no-such-topic,,\n"
        "b@example.org,,,hourly,\n"
        "c@example.org,,,,30/04/2025\n"
        "d@example.org,,,,2999-01-01\n"
        "e@example.org,,,,,extra\n"
        f"f@example.org,{'n' * 121},,,\n"
        'g@example.org,"two\nlines",,,\n'
        "h@example.org,,,,2025-13-45\n"
        "ok@example.org,,,,\n"
        "OK@example.org,,,,\n"
        ",,,,\n"
    )
    lines = dict(line.split(": ", 1) for line in said.splitlines() if line.startswith("line"))
    assert lines["line 2"].startswith("no valid address")
    assert lines["line 3"] == "unknown topics: no-such-topic"
    assert lines["line 4"].startswith("unknown frequency")
    assert lines["line 5"].startswith("'since' must be a date")
    assert lines["line 6"] == "'since' lies in the future"
    assert lines["line 7"] == "more cells than columns"
    assert "longer than 120" in lines["line 8"]
    assert "line break" in lines["line 10"]
    assert lines["line 11"].startswith("'since' must be a date")
    assert lines["line 13"] == "the address stands in the file twice"
    assert lines["line 14"].startswith("no valid address")
    assert "1 added, 0 unchanged, 11 refused." in said
    assert "@example.org" not in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "first line must name the columns"),
        ("name\nJo\n", "'email'"),
        ("email,shoe size\na@example.org,9\n", "shoe size"),
        ("email,name\nj\xf6@example.org,J\xf6\n".encode("latin-1"), "CSV UTF-8"),
        ('email\n"a@example.org\n', "not a CSV file"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_what_to_do(run, mailing_list, text, words):
    with pytest.raises(CommandError, match=words):
        run(text)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ground": "consent", "basis": "legitimate"}, "needs the basis consent"),
        ({"attestation": "trust me"}, "who obtained the permission"),
        ({"list": "nope"}, "Known: round"),
    ],
)
def test_an_import_without_a_sound_permission_is_refused(run, mailing_list, options, words):
    with pytest.raises(CommandError, match=words):
        run("email\njo@example.org\n", **options)
    assert not Subscriber.objects.exists()


def test_a_charitable_soft_opt_in_holds_only_for_details_obtained_since_it_exists(run, mailing_list):
    said = run(
        "email,since\njo@example.org,2026-02-05\nann@example.org,2026-02-04\neve@example.org,\n",
        ground="charitable",
        basis="legitimate",
    )
    assert Subscription.objects.get().permission.ground == Ground.CHARITABLE_SOFT_OPT_IN
    assert "line 3: the charitable soft opt-in holds only for details obtained from 5 February 2026" in said
    assert "line 4: the charitable soft opt-in needs 'since'" in said


def test_what_a_person_has_chosen_counts_for_more_than_a_file(run, mailing_list):
    person = SubscriberFactory(email="jo@example.org", name="Jo", frequency="monthly")
    run("email,name,frequency\njo@example.org,Somebody else,every\n")
    person.refresh_from_db()
    assert (person.name, person.frequency) == ("Jo", "monthly")
    assert person.subscriptions.get().state == State.ACTIVE


def test_a_missing_file_is_one_clear_line(mailing_list, tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command(
            "subscribers", "import", tmp_path / "none.csv", list="round", ground="consent", basis="consent",
            attestation=ATTESTATION,
        )  # fmt: skip


class TestExport:
    def export(self, path, **options):
        call_command("subscribers", "export", path, stderr=io.StringIO(), **options)
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_it_holds_one_row_a_subscription_and_only_its_owner_may_read_it(self, tmp_path, mailing_list):
        active = SubscriptionFactory(mailing_list=mailing_list, subscriber__name='=cmd|"x"!A1')
        SubscriptionFactory(mailing_list=mailing_list, state=State.PENDING)
        SubscriptionFactory()
        path = tmp_path / "out.csv"
        rows = self.export(path, list="round", state="active")
        assert [row["email"] for row in rows] == [active.subscriber.email]
        assert rows[0]["name"] == '\'=cmd|"x"!A1'
        assert (rows[0]["ground"], rows[0]["basis"]) == ("consent", "consent")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert len(self.export(path, force=True)) == 3

    def test_a_file_that_exists_is_not_replaced_unasked(self, tmp_path):
        path = tmp_path / "out.csv"
        path.write_text("kept")
        with pytest.raises(CommandError, match="--force"):
            self.export(path)
        assert path.read_text() == "kept"

    def test_a_folder_that_does_not_exist_is_one_clear_line(self, tmp_path):
        with pytest.raises(CommandError, match="cannot be written"):
            call_command("subscribers", "export", tmp_path / "none" / "out.csv")


def test_an_interrupted_import_keeps_what_is_done_and_can_be_run_again(mailing_list):
    from newsletters.audience.spreadsheets import Import, Permission

    text = "email\n" + "".join(f"reader{number}@example.org\n" for number in range(BATCH * 3))
    permission = Permission(mailing_list, "consent", "consent", ATTESTATION)

    def interrupt(_report) -> None:
        raise KeyboardInterrupt

    first = Import(permission=permission, at=timezone.now())
    with pytest.raises(KeyboardInterrupt):
        first.run(io.StringIO(text), progress=interrupt)
    assert (first.report.added, Subscription.objects.count()) == (BATCH, BATCH)
    second = Import(permission=permission, at=timezone.now()).run(io.StringIO(text))
    assert (second.added, second.unchanged) == (2 * BATCH, BATCH)

"""The pages on which mail is read."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from courant.mailbox.storage import Mailbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def box(settings, tmp_path) -> Mailbox:
    settings.MAILBOX_ROOT = tmp_path / "mailbox"
    settings.MAILBOX_ROOT.mkdir()
    return Mailbox(settings.MAILBOX_ROOT)


def mail(box: Mailbox, *, subject: str = "Hello", to: str = "ada@example.org", html: str = "<p>Hi</p>") -> str:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "Courant <news@example.org>", to
    message.set_content("Plain <text>")
    if html:
        message.add_alternative(html, subtype="html")
    return box.keep(sender="bounce@example.org", recipients=[to], content=message.as_bytes().replace(b"\n", b"\r\n"))


def test_the_list_shows_subjects_safely_and_searches_recipients(client, box):
    mail(box, subject="<script>alert(1)</script>")
    mail(box, subject="For Bob", to="bob@example.org")
    page = client.get("/mailbox/").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    found = client.get("/mailbox/", {"recipient": "bob"}).content.decode()
    assert "For Bob" in found
    assert "alert" not in found


def test_the_list_is_paged_and_a_page_that_is_none_shows_the_last(client, box):
    for number in range(30):
        mail(box, subject=f"Mail {number:02}")
    assert "Mail 29" in client.get("/mailbox/").content.decode()
    last = client.get("/mailbox/", {"page": "99"}).content.decode()
    assert "Mail 00" in last
    assert "Mail 29" not in last
    assert "Page 2 of 2" in last


@pytest.mark.parametrize("query", ["?recipient=%00", "?page=-1", "?page=x", "?recipient=" + "x" * 2000])
def test_odd_queries_are_answered(client, box, query):
    mail(box)
    assert client.get(f"/mailbox/{query}").status_code == 200


def test_a_message_has_four_ways_to_be_read(client, box):
    name = mail(box)
    assert f'src="/mailbox/{name}/frame/"' in client.get(f"/mailbox/{name}/").content.decode()
    assert "Plain &lt;text&gt;" in client.get(f"/mailbox/{name}/text/").content.decode()
    assert "Content-Type: multipart/alternative" in client.get(f"/mailbox/{name}/source/").content.decode()
    headers = client.get(f"/mailbox/{name}/headers/").content.decode()
    assert "bounce@example.org" in headers
    assert "<dt>Subject</dt><dd>Hello</dd>" in headers


def test_a_message_without_html_says_so(client, box):
    assert "no HTML part" in client.get(f"/mailbox/{mail(box, html='')}/").content.decode()


def test_the_frame_may_show_pictures_of_the_site_and_do_nothing(client, box, settings):
    settings.SITE_URL = "https://institute.example.org"
    response = client.get(f"/mailbox/{mail(box, html='<html><head></head><body>x</body></html>')}/frame/")
    assert response.content.decode().startswith('<html><head><base target="_blank">')
    directives = dict(part.strip().partition(" ")[::2] for part in response["Content-Security-Policy"].split(";"))
    assert directives["default-src"] == "'none'"
    assert "https://institute.example.org" in directives["img-src"].split()
    assert "script-src" not in directives
    assert "allow-scripts" not in directives["sandbox"]
    assert "allow-same-origin" not in directives["sandbox"]


def test_the_pages_themselves_keep_the_strict_policy(client, box):
    assert "'unsafe-inline'" not in client.get("/mailbox/")["Content-Security-Policy"]


def test_delete_all_wants_a_post(client, box):
    mail(box)
    assert client.get("/mailbox/delete/").status_code == 405
    assert len(box.names()) == 1
    assert client.post("/mailbox/delete/").status_code == 302
    assert box.names() == []


def test_a_message_that_is_gone_is_not_found(client, box):
    assert client.get("/mailbox/20260101T000000.000000-0000001000000/").status_code == 404
    assert client.get("/mailbox/..%2fsecrets/").status_code == 404

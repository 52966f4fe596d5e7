"""The social feed: read on the server, trusted in nothing."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from content.organisation import feeds
from content.organisation.feeds import FeedError, Post, fetch, is_public, parse_feed, plain, read_feed
from content.organisation.models import Organisation
from content.organisation.services import refresh_social_post

RSS = b"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>@alder</title>
<item><link>https://social.example/@alder/1</link><pubDate>Fri, 20 Nov 2026 08:00:00 +0000</pubDate>
<description>&lt;p&gt;Older.&lt;/p&gt;</description></item>
<item><link>https://social.example/@alder/2</link><pubDate>Sat, 21 Nov 2026 09:30:00 +0100</pubDate>
<description>&lt;p&gt;Three wards &amp;amp; &lt;b&gt;one&lt;/b&gt; board.&lt;/p&gt;
&lt;p&gt;The numbers&lt;br&gt;are in.&lt;/p&gt;</description></item>
</channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Post</title>
<link rel="alternate" href="https://social.example/a"/><published>2026-11-21T08:30:00Z</published>
<content type="html">&lt;p&gt;Words.&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;</content></entry></feed>"""


def everything(address: str) -> bool:
    return True


class Handler(BaseHTTPRequestHandler):
    answers: ClassVar[dict[str, tuple[int, dict[str, str], bytes]]] = {}

    def do_GET(self) -> None:
        status, headers, body = self.answers.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        Handler.answers = {}
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


def test_the_newest_post_of_an_rss_feed_is_plain_text() -> None:
    post = parse_feed(RSS)
    assert post == Post(
        "Three wards & one board. The numbers are in.",
        "https://social.example/@alder/2",
        datetime(2026, 11, 21, 8, 30, tzinfo=UTC),
    )


def test_an_atom_feed_is_read_and_its_script_is_not() -> None:
    post = parse_feed(ATOM)
    assert post is not None
    assert post.text == "Words."


def test_a_link_that_is_not_http_is_dropped() -> None:
    post = parse_feed(RSS.replace(b"https://social.example/@alder/2", b"javascript:alert(1)"))
    assert post is not None
    assert post.url == ""


def test_a_post_without_a_date_is_no_post() -> None:
    assert parse_feed(b"<rss><channel><item><description>Words</description></item></channel></rss>") is None


@pytest.mark.parametrize("body", [b"not xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><rss/>"])
def test_what_is_no_feed_is_refused(body: bytes) -> None:
    with pytest.raises(FeedError):
        parse_feed(body)


@given(st.text())
def test_a_post_never_holds_markup_and_never_grows_long(words: str) -> None:
    text = plain(f"<p>{words}</p>")
    assert len(text) <= feeds.LONGEST_POST


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1"])
def test_private_networks_are_never_asked(address: str) -> None:
    assert not is_public(address)


def test_the_internet_may_be_asked() -> None:
    assert is_public("93.184.216.34")


def test_a_feed_on_this_machine_is_refused(server: str) -> None:
    Handler.answers["/feed.rss"] = (200, {}, RSS)
    with pytest.raises(FeedError, match="not on the public internet"):
        read_feed(f"{server}/feed.rss")


def test_a_feed_is_fetched_and_redirects_are_followed(server: str) -> None:
    Handler.answers["/old"] = (301, {"Location": "/feed.rss"}, b"")
    Handler.answers["/feed.rss"] = (200, {}, RSS)
    assert read_feed(f"{server}/old", allowed=everything) is not None


def test_redirects_end(server: str) -> None:
    Handler.answers["/round"] = (302, {"Location": "/round"}, b"")
    with pytest.raises(FeedError, match="redirects"):
        fetch(f"{server}/round", allowed=everything)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/x", "gopher://example.org/"])
def test_a_redirect_to_another_scheme_is_refused(server: str, target: str) -> None:
    Handler.answers["/away"] = (302, {"Location": target}, b"")
    with pytest.raises(FeedError, match="only http and https"):
        fetch(f"{server}/away", allowed=everything)


def test_a_redirect_into_the_private_network_is_refused(server: str) -> None:
    Handler.answers["/in"] = (302, {"Location": "http://localhost:1/"}, b"")
    asked: list[str] = []

    def first_only(address: str) -> bool:
        asked.append(address)
        return len(asked) == 1

    with pytest.raises(FeedError, match="not on the public internet"):
        fetch(f"{server}/in", allowed=first_only)


def test_a_feed_that_does_not_end_is_cut_off(server: str) -> None:
    Handler.answers["/big"] = (200, {}, b"x" * (feeds.LARGEST_BYTES + 1))
    with pytest.raises(FeedError, match="larger than"):
        fetch(f"{server}/big", allowed=everything)


def test_an_error_of_the_server_is_said(server: str) -> None:
    with pytest.raises(FeedError, match="404"):
        fetch(f"{server}/nothing", allowed=everything)


@pytest.mark.django_db
class TestRefreshing:
    def organisation(self) -> Organisation:
        organisation = Organisation.load()
        organisation.social_feed_url = "https://social.example/@alder.rss"
        organisation.save()
        return organisation

    def test_a_new_post_is_kept_once(self) -> None:
        self.organisation()
        assert refresh_social_post(read=lambda _: parse_feed(RSS))
        assert not refresh_social_post(read=lambda _: parse_feed(RSS))
        assert Organisation.objects.get().social_post.startswith("Three wards")

    def test_a_feed_that_fails_changes_nothing(self) -> None:
        organisation = self.organisation()
        organisation.social_post = "Here"
        organisation.save()

        def broken(url: str) -> Post | None:
            raise FeedError("no")

        assert not refresh_social_post(read=broken)
        assert Organisation.objects.get().social_post == "Here"

    def test_a_post_from_the_future_is_from_now(self) -> None:
        self.organisation()
        later = timezone.now() + timedelta(days=400)
        refresh_social_post(read=lambda _: Post("Soon", "", later))
        assert Organisation.objects.get().social_posted_at <= timezone.now()

    def test_without_a_feed_nobody_is_asked(self) -> None:
        def never(url: str) -> Post | None:
            raise AssertionError(url)

        assert not refresh_social_post(read=never)

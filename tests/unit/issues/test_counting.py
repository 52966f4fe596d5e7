"""Counted links: what is rewritten and what never is, and that an address leads nowhere but where it was made for."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import settings as chances
from hypothesis import strategies as st

from newsletters.issues.counting import (
    LinkInvalid,
    count_links,
    counted_address,
    digest_of,
    read_counted_address,
)

TARGET = "https://example.org/a?b=c&d=é#e"
WEB = "http://localhost/newsletters/round/one/"
targets = st.builds(
    "https://example.org/{}".format,
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters='"<>'), max_size=60),
)


def parts_of(address: str) -> dict[str, str]:
    split = urlsplit(address)
    return {"token": split.path.split("/")[-2], "target": parse_qs(split.query)["to"][0]}


def counted(html_text: str, text: str = "", *, is_marked=lambda _: False) -> tuple[str, str]:
    return count_links(html_text, text, issue_number=7, archive_url=WEB, is_marked=is_marked)


@chances(deadline=None)  # the first one loads the site's addresses
@given(targets, st.integers(1, 10**12))
@example(TARGET, 1)
def test_an_address_says_its_issue_and_its_target_again(target, number):
    address = counted_address(issue_number=number, target=target)
    assert not re.search(r"[\s\"'<>&]", address)
    split = urlsplit(address)
    # A query's value keeps leading and trailing space only as %20, which is what is written.
    assert read_counted_address(token=split.path.split("/")[-2], target=parse_qs(split.query)["to"][0]) == number


@pytest.mark.parametrize(
    "change",
    [
        {"target": "https://evil.example/"},
        {"target": ""},
        {"target": TARGET + "x"},
        {"token": ""},
        {"token": "t1.7"},
        {"token": "t1.7."},
        {"token": "t1.7.AAAA.B"},
        {"token": f"t1.{'9' * 5_000}.A"},
        {"token": "t1.\N{ARABIC-INDIC DIGIT SEVEN}.A"},
        {"token": "other.7.AAAAAAAAAAAAAAAA"},
    ],
)
def test_an_altered_address_is_refused(change):
    parts = parts_of(counted_address(issue_number=7, target=TARGET))
    with pytest.raises(LinkInvalid):
        read_counted_address(**parts | change)


def test_the_mac_of_one_issue_is_no_good_for_another():
    parts = parts_of(counted_address(issue_number=7, target=TARGET))
    with pytest.raises(LinkInvalid):
        read_counted_address(token=parts["token"].replace(".7.", ".8."), target=TARGET)


def test_an_address_of_a_key_that_was_replaced_keeps_working(settings):
    parts = parts_of(counted_address(issue_number=7, target=TARGET))
    settings.LINK_KEYS = {"new": "another-key-0123456789abcdef0123456789", **settings.LINK_KEYS}
    assert read_counted_address(**parts) == 7
    assert parts_of(counted_address(issue_number=7, target=TARGET))["token"].startswith("new.")


def test_links_are_counted_in_html_and_in_text_alike():
    target = "https://example.org/a?b=1&c=2"
    mail, text = counted(
        f'<a class="x" href="{html.escape(target)}">A</a> <A HREF="{html.escape(target)}">B</A>',
        f"See {target}. Or ({target}) or {target}&d=3, and {target}/more",
    )
    address = counted_address(issue_number=7, target=target)
    assert mail.count(html.escape(address)) == 2
    assert html.escape(target) not in mail.replace(html.escape(address), "")
    assert text == f"See {address}. Or ({address}) or {target}&d=3, and {target}/more"


@pytest.mark.parametrize(
    "href",
    [
        "mailto:news@example.org",
        "tel:+441130000000",
        "#top",
        "/relative/",
        "javascript:alert(1)",
        "https://",
        "https://[broken",
        " https://example.org/",
        "https://example.org/a\tb",
        WEB,
        "http://localhost/unsubscribe/abc/",
        "http://localhost/preferences/abc/",
        "http://localhost/preferences/",
        "http://localhost/go/t1.7.abc/?to=https://example.org/",
    ],
)
def test_what_is_somebodys_own_or_no_page_stays_as_it_is(href):
    mail = f'<a href="{html.escape(href)}">x</a>'
    assert counted(mail, href) == (mail, href)


def test_a_link_with_a_merge_field_in_it_stays_as_it_is():
    mail = '<a href="https://example.org/?who=MARK">x</a>'
    assert counted(mail, is_marked=lambda address: "MARK" in address) == (mail, "")


def test_pictures_and_styles_are_not_links():
    mail = (
        '<link href="https://example.org/a.css"><img src="https://example.org/a.png"><area href="https://example.org/">'
    )
    assert counted(mail) == (mail, "")


def test_a_longer_address_is_not_taken_for_a_shorter_one():
    short, longer = "https://example.org/a", "https://example.org/a/b"
    _, text = counted(f'<a href="{short}">s</a><a href="{longer}">l</a>', f"{longer} {short}\n{short}-c")
    addresses = {target: counted_address(issue_number=7, target=target) for target in (short, longer)}
    assert text == f"{addresses[longer]} {addresses[short]}\n{short}-c"


def test_digests_of_different_targets_differ():
    assert digest_of(TARGET) != digest_of(TARGET + "x")
    assert len(digest_of(TARGET)) == 16

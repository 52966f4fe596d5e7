"""Addresses and identifiers that say whose message came back, and that nobody else can make."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletters.delivery.bounces.references import (
    LONGEST_LOCAL_PART,
    LONGEST_PLACE,
    Reference,
    envelope_sender,
    message_id,
    read_reference,
)

MAILINGS = st.integers(min_value=1, max_value=9_999_999_999)
NUMBERS = st.integers(min_value=1, max_value=999_999_999)
ADDRESSES = st.sampled_from(["bounces@institute.example", "@bounces.institute.example", "b.b-b_b@institute.example"])


def secret():
    from django.conf import settings

    return next(iter(settings.LINK_KEYS.values()))


@given(MAILINGS, NUMBERS, ADDRESSES)
def test_an_address_is_read_back_whatever_is_around_it(mailing, number, address):
    sender = envelope_sender(mailing, number, secret=secret(), address=address)
    local = sender.partition("@")[0]
    srs = f"SRS0=HHHH=TT=institute.example={local}@forwarder.example"
    for text in (sender, sender.upper(), f"<{sender}>", f'"x" <{sender}>', f"prvs=123456=={sender}", srs):
        assert read_reference(text) == Reference(mailing, number)


@given(MAILINGS, NUMBERS)
def test_a_message_id_is_read_back(mailing, number):
    found = message_id(mailing, number, secret=secret(), domain="institute.example")
    assert read_reference(f"<x@y> {found}") == Reference(mailing, number)


@given(MAILINGS, NUMBERS)
def test_the_longest_address_fits_an_envelope(mailing, number):
    local = envelope_sender(mailing, number, secret=secret(), address=f"{'b' * 26}@x.example").partition("@")[0]
    assert len(local) <= 26 + LONGEST_PLACE <= LONGEST_LOCAL_PART


@given(MAILINGS, NUMBERS, st.text(alphabet="0123456789abcdef", min_size=16, max_size=16))
def test_a_guessed_code_is_nobodys(mailing, number, code):
    genuine = envelope_sender(mailing, number, secret=secret(), address="b@x.example")
    guessed = f"b+{mailing}.{number}.{code}@x.example"
    assert read_reference(guessed) is None or guessed == genuine


@given(MAILINGS, NUMBERS)
def test_another_place_under_the_same_code_is_nobodys(mailing, number):
    genuine = envelope_sender(mailing, number, secret=secret(), address="b@x.example")
    assert read_reference(genuine.replace(f".{number}.", f".{number + 1}.")) is None


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text):
    assert read_reference(text) is None


def test_a_key_that_no_longer_signs_still_reads(settings):
    sender = envelope_sender(5, 6, secret="an older key of the house", address="b@x.example")
    assert read_reference(sender) is None
    settings.LINK_KEYS = {**settings.LINK_KEYS, "old": "an older key of the house"}
    assert read_reference(sender) == Reference(5, 6)


@pytest.mark.parametrize("text", ["", "+1.2.@x", "b+1.2.0123456789abcdef", "b+1.0123456789abcdef@x.example"])
def test_what_is_no_address_of_ours_is_nobodys(text):
    assert read_reference(text) is None

"""What a refusal means: exact codes, vague codes with words, words alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletters.delivery.bounces.classes import Kind, classify, enhanced_status, smtp_code


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("550 5.1.1 user unknown", Kind.HARD),
        ("550 5.1.10 recipient not found", Kind.HARD),
        ("550 5.2.1 mailbox disabled", Kind.HARD),
        ("551 5.1.6 the recipient has moved", Kind.HARD),
        ("550 no such user here", Kind.HARD),
        ("550 5.7.1 no such user here", Kind.HARD),
        ("550 5.4.1 Recipient address rejected: Access denied", Kind.HARD),
        ("553 5.0.0 invalid recipient", Kind.HARD),
        ("552 5.2.2 over quota", Kind.SOFT),
        ("550 5.1.1 mailbox is full", Kind.SOFT),
        ("552 5.3.4 message too large", Kind.SOFT),
        ("450 4.2.0 greylisted, try again", Kind.SOFT),
        ("451 temporary local problem", Kind.SOFT),
        ("4.4.7 delivery time expired", Kind.SOFT),
        ("554 5.4.6 too many hops", Kind.SOFT),
        ("554 5.7.1 blocked using a block list", Kind.BLOCK),
        ("550 5.7.26 unauthenticated mail", Kind.BLOCK),
        ("550 5.1.8 bad sender, access denied", Kind.BLOCK),
        ("554 rejected due to spam content", Kind.BLOCK),
        ("421 4.7.0 [TSS04] deferred due to user complaints", Kind.BLOCK),
        ("something that nobody knows", Kind.SOFT),
    ],
)
def test_a_refusal_is_classified(text, kind):
    assert classify(status=enhanced_status(text), code=smtp_code(text), text=text) == kind


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("550 5.1.1 x", "5.1.1", 550),
        ("550-5.7.26 x", "5.7.26", 550),
        ("host 192.0.2.250 said: 452 4.2.2 full", "4.2.2", 452),
        ("5.0.0 then (#5.1.2)", "5.1.2", None),
        ("version 5.1.1.7 and 10.5.1.1", "", None),
        ("see rfc5321 and 5500 people", "", None),
    ],
)
def test_codes_are_found_and_addresses_and_versions_are_not(text, status, code):
    assert (enhanced_status(text), smtp_code(text)) == (status, code)


@given(st.text(max_size=300))
def test_any_text_has_a_class(text):
    assert classify(status=enhanced_status(text), code=smtp_code(text), text=text) in Kind

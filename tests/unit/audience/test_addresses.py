"""Reading addresses as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletters.audience.addresses import AddressInvalid, parse_address


@pytest.mark.parametrize(
    ("typed", "email", "canonical"),
    [
        (" Jo.Smith@Example.ORG ", "Jo.Smith@example.org", "jo.smith@example.org"),
        ("o'neil+news@example.org", "o'neil+news@example.org", "o'neil+news@example.org"),
        ("post@bücher.example", "post@xn--bcher-kva.example", "post@xn--bcher-kva.example"),
    ],
)
def test_an_address_is_kept_as_typed_and_compared_in_lower_case(typed, email, canonical):
    address = parse_address(typed)
    assert (address.email, address.canonical) == (email, canonical)


@pytest.mark.parametrize(
    "typed",
    [
        "", "jo", "jo@", "@example.org", "jo@localhost", "jo@@example.org", "jo smith@example.org", "jo@example..org",
        "jo@example.org\nBcc: all@example.org", "jo@example.org, ann@example.org", "Jo <jo@example.org>",
        "jö@example.org", "jo@[127.0.0.1]", '"jo smith"@example.org', "a" * 65 + "@example.org",
        "jo@" + "a." * 130 + "org", "jo@exam_ple.org", "\x00@example.org", "jo@example.org\u2028x",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_a_reason(typed):
    with pytest.raises(AddressInvalid) as refused:
        parse_address(typed)
    assert str(refused.value)


@given(st.text(max_size=300))
def test_any_text_is_an_address_in_ascii_or_refused(text):
    try:
        address = parse_address(text)
    except AddressInvalid:
        return
    assert address.email.isascii()
    assert address.canonical == address.email.lower()
    assert "\n" not in address.email

"""What counts as an address, and when two of them are the same person."""

from __future__ import annotations

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

LONGEST_ADDRESS = 254


class AddressInvalid(ValueError):  # noqa: N818 (named like the links' errors)
    """The text is not an address that mail can be sent to; the message says why, in words for the person."""


@dataclass(frozen=True, slots=True)
class Address:
    """`email` is what mail is sent to, `canonical` what makes it unique."""

    email: str
    canonical: str


def parse_address(text: str) -> Address:
    """Read an address as a person typed it; an international domain becomes its ASCII form (RFC 5891).

    Nothing is looked up: a DNS that is slow or down must not cost a subscriber, and the confirmation finds out
    anyway. A local part outside ASCII is refused, since most relays cannot deliver to it (RFC 6531).

    Raises:
        AddressInvalid: with the reason.
    """
    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as error:
        raise AddressInvalid(str(error)) from error
    email = found.ascii_email
    if email is None or len(email) > LONGEST_ADDRESS:
        raise AddressInvalid("The email address is too long.")
    return Address(email=email, canonical=email.lower())

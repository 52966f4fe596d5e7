"""DKIM: what we sign verifies with somebody else's code, and a key that cannot be used is said at start."""

from __future__ import annotations

import base64
import re

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from dkim.canonicalization import Relaxed
from hypothesis import given
from hypothesis import strategies as st

from newsletters.transport.checks import check_dkim_key
from newsletters.transport.signing import Signer, canonical_body, configured_signer

MESSAGE = (
    b"Date: Mon, 02 Nov 2026 09:00:00 +0000\r\nFrom: =?utf-8?b?VGhlIEFsZGVy?=\r\n  <news@institute.example>\r\n"
    b"To: <ann@reader.example>\r\nSubject:  News   for\r\n May\r\nMessage-ID: <a@institute.example>\r\n"
    b"List-Unsubscribe: <https://institute.example/u/abc>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"\r\nDear Ann,  here \t is\r\nthe news. \r\n\r\n\r\n"
)


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def signer(key):
    return Signer("institute.example", "s1", key)


def record(key):
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def verifies(message, key):
    return dkim.verify(
        message, dnsfunc=lambda name, **_: record(key) if name == b"s1._domainkey.institute.example." else None
    )


def signed_names(message):
    return re.sub(r"\s", "", re.search(r"h=([^;]*);", message.decode())[1]).split(":")


def test_a_signature_verifies(signer, key):
    assert verifies(signer.sign(MESSAGE), key)


def test_the_headers_of_the_one_click_are_signed(signer):
    names = signed_names(signer.sign(MESSAGE))
    assert {"list-unsubscribe", "list-unsubscribe-post", "from", "subject", "date", "message-id"} <= set(names)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"/u/abc", b"/u/abd"),
        (b"One-Click", b"One-Clack"),
        (b"Dear Ann", b"Dear Bob"),
        (b"From:", b"From: Eve <eve@evil.example>\r\nFrom:"),
        (b"Subject:  News", b"Subject: Olds"),
    ],
)
def test_a_change_on_the_way_is_noticed(signer, key, before, after):
    assert not verifies(signer.sign(MESSAGE).replace(before, after, 1), key)


def test_what_relays_may_change_does_not_matter(signer, key):
    message = (
        signer.sign(MESSAGE)
        .replace(b"Dear Ann,  here \t is", b"Dear Ann, here is")
        .replace(b"news. \r\n\r\n\r\n", b"news.\r\n")
    )
    assert verifies(b"Received: by relay.example\r\n" + message, key)


def test_lines_of_the_signature_are_short(signer):
    head = signer.sign(MESSAGE).partition(b"Date:")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78


LINES = st.lists(st.sampled_from([b"a", b" ", b"  ", b"\t", b"\r\n", b"=", b"\r\n\r\n", b"b c"]), max_size=30)


@given(LINES)
def test_the_body_is_hashed_as_dkimpy_would(pieces):
    # On the wire the last line ends too (RFC 5321 §4.1.1.4).
    body = b"".join(pieces) + b"\r\n"
    assert canonical_body(body) == Relaxed.canonicalize_body(body)


@given(LINES)
def test_any_body_verifies(pieces):
    key = KEY
    message = MESSAGE.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + b"".join(pieces) + b"\r\n"
    assert verifies(Signer("institute.example", "s1", key).sign(message), key)


KEY = rsa.generate_private_key(65537, 2048)


def dkim_settings(**key):
    return {"domain": "institute.example", "selector": "s1", **key}


def test_a_key_comes_from_a_setting_or_from_a_file(settings, key, tmp_path):
    file = tmp_path / "dkim.pem"
    file.write_text(pem(key))
    for where in ({"key": pem(key)}, {"key_file": str(file)}):
        settings.DKIM = dkim_settings(**where)
        assert check_dkim_key() == []
        assert verifies(configured_signer().sign(MESSAGE), key)
    settings.DKIM = {}
    assert configured_signer() is None


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"key_file": "/nowhere/dkim.pem"}, "cannot be read"),
        ({"key": "nonsense"}, "openssl genrsa"),
        ({"key": pem(ec.generate_private_key(ec.SECP256R1()))}, "not an RSA key"),
    ],
)
def test_a_key_that_cannot_be_used_is_an_error_at_start(settings, where, words):
    settings.DKIM = dkim_settings(**where)
    (error,) = check_dkim_key()
    assert words in error.msg
    assert error.id == "transport.E001"

"""Returned messages: whose they are and what they mean, for every shape in the set."""

from __future__ import annotations

import email
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletters.delivery.bounces.parsing import Nature, parse_returned
from tests.factories.returned import SAMPLES

if TYPE_CHECKING:
    from tests.factories.returned.building import Sample


def understood(sample: Sample) -> bool:
    parsed = parse_returned(sample.raw)
    found = {finding.address.lower(): str(finding.kind) for finding in parsed.findings}
    return parsed.nature.value == sample.nature and found == sample.expected


def test_the_set_is_large_and_every_sample_has_a_name_of_its_own():
    assert len({sample.name for sample in SAMPLES}) == len(SAMPLES) >= 60


def test_recipient_and_class_are_right_for_at_least_95_percent():
    wrong = [sample.name for sample in SAMPLES if not understood(sample)]
    assert len(wrong) <= len(SAMPLES) * 0.05, wrong


@pytest.mark.parametrize("sample", [each for each in SAMPLES if not each.expected], ids=lambda each: each.name)
def test_what_is_no_bounce_counts_against_nobody(sample):
    assert not parse_returned(sample.raw).findings


@pytest.mark.parametrize("sample", [each for each in SAMPLES if each.nature == "delayed"], ids=lambda each: each.name)
def test_a_delay_names_whom_it_is_about(sample):
    (address,) = parse_returned(sample.raw).delayed
    assert address.encode() in sample.raw


@given(st.binary(max_size=400))
def test_nothing_is_too_broken_to_be_read(raw):
    assert parse_returned(raw).nature in Nature


@given(st.sampled_from(SAMPLES), st.integers(min_value=0, max_value=3_000))
def test_a_message_cut_anywhere_is_read_without_an_error(sample, length):
    assert parse_returned(sample.raw[:length]).nature in Nature


@given(st.sampled_from(SAMPLES))
def test_line_ends_make_no_difference(sample):
    assert parse_returned(sample.raw).findings == parse_returned(sample.raw.replace(b"\r\n", b"\n")).findings


def test_every_sample_is_a_message():
    assert all(email.message_from_bytes(sample.raw.lstrip()).keys() for sample in SAMPLES)

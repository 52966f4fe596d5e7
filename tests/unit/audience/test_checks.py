"""Key ids that would break links are refused at the start."""

from __future__ import annotations

import pytest

from newsletters.audience.checks import check_key_ids


@pytest.mark.parametrize("key_id", ["2026.a", "a b", "", "ü", "a" * 41, "a/b"])
def test_a_key_id_that_cannot_stand_in_a_link_is_refused(settings, key_id):
    settings.LINK_KEYS = {key_id: "s" * 40}
    assert [error.id for error in check_key_ids()] == ["audience.E002"]


def test_no_key_at_all_is_refused_and_good_ids_are_not(settings):
    assert check_key_ids() == []
    settings.SUPPRESSION_KEYS = {}
    assert [error.id for error in check_key_ids()] == ["audience.E001"]

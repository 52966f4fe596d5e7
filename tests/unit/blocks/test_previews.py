"""Previews of blocks in the admin."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from content.blocks.library import BodyStreamBlock

LIBRARY = BodyStreamBlock().child_blocks


@pytest.mark.django_db
@pytest.mark.parametrize("name", LIBRARY)
def test_a_block_is_previewed_in_the_sites_clothes(admin_client, name: str) -> None:
    answer = admin_client.get(reverse("wagtailadmin_block_preview"), {"id": LIBRARY[name].definition_prefix})
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "css/blocks.css" in html
    shown = BeautifulSoup(html, "html.parser").main
    assert shown is not None
    assert shown.get_text(strip=True) or shown.find(["img", "svg", "table"])

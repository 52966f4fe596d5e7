from __future__ import annotations

import copy
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wagtail.blocks import BoundBlock
from wagtail.rich_text import get_text_for_indexing

from content.blocks.library import BodyStreamBlock
from content.pages.text import plain_text, rich_text_words

BLOCKS = BodyStreamBlock().child_blocks

WORDS = st.text(alphabet=st.sampled_from("ab é;<>\"'/=\n"), max_size=8)
TAGS = st.sampled_from(
    [
        "<p>", "</p>", '<p data-block-key="x">', "<b>", "</b>", "</li>", "<br/>", "<hr />", "<BR/>", "</h3>",
        "<!-- c -->",
        '<a linktype="page" id="3">', "</a>", '<a href="?a=1&amp;b=2">', '<a title="a > b">', "<script>", "</script>",
        "&amp;", "&lt;b&gt;", "&nbsp;", "<", ">", "<3", "</", "<a href='x'>", "<embed alt=\"it's\"/>",
    ]
)  # fmt: skip


@example(["<b", "</p>", ">"])
@example(["<script>", ";"])
@given(st.lists(st.one_of(WORDS, TAGS), max_size=12))
def test_words_of_rich_text_are_those_that_wagtail_finds(parts):
    source = "".join(parts)
    assert rich_text_words(source) == get_text_for_indexing(source)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(BLOCKS))
def test_the_texts_of_every_block_are_those_that_wagtail_finds(name):
    block = BLOCKS[name]
    value = copy.deepcopy(block.get_preview_value())
    found = " ".join(map(str, block.get_searchable_content(value)))
    assert plain_text([BoundBlock(block, value)]) == re.sub(r"\s+", " ", found).strip()

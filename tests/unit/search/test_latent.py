from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.analysis import terms_of
from search.latent import FEWEST_FITTED, LatentModel, LatentSample
from search.vectors import VectorSpace

KITCHEN = ("oven", "flour", "yeast", "dough", "bread", "butter", "sugar", "bake", "knead", "crust")
GARDEN = ("spade", "soil", "seed", "roots", "bulbs", "mulch", "prune", "hedge", "compost", "lawn")


def texts(count: int = 120) -> list[str]:
    choose = random.Random(1)  # noqa: S311 (the same texts every time)
    return [" ".join(choose.choices(KITCHEN if number % 2 else GARDEN, k=6)) for number in range(count)]


@pytest.fixture(scope="module")
def model() -> LatentModel:
    sample = LatentSample()
    for text in texts():
        sample.add(terms_of(text))
    fitted = sample.fit()
    assert fitted is not None
    return fitted


def test_texts_without_a_word_in_common_are_close_when_their_words_belong_together(model):
    oven, bread, spade = (model.vector(terms_of(text)) for text in ("oven flour", "bread butter", "spade soil"))
    assert oven @ bread > 0.5
    assert oven @ spade < 0.2


def test_a_text_of_unknown_words_lies_nowhere(model):
    assert not model.vector(terms_of("zebra quartz")).any()


def test_packing_keeps_every_neighbour(model):
    again = LatentModel.from_bytes(model.to_bytes())
    for text in texts(20):
        assert model.vector(terms_of(text)) @ again.vector(terms_of(text)) == pytest.approx(1, abs=1e-3)
    assert again.fitted_on == model.fitted_on


def test_too_few_documents_teach_nothing():
    sample = LatentSample()
    for text in texts(FEWEST_FITTED - 1):
        sample.add(terms_of(text))
    assert sample.fit() is None


def test_documents_that_say_nothing_do_not_break_a_fit():
    sample = LatentSample()
    for _ in range(FEWEST_FITTED * 2):
        sample.add([])
    assert sample.fit() is None
    for text in texts():
        sample.add(terms_of(text))
    assert sample.fit() is not None


def test_a_sample_keeps_to_its_limit_and_is_drawn_from_everything():
    sample = LatentSample(limit=50)
    for text in texts(2_000):
        sample.add(terms_of(text))
    assert (len(sample.rows), sample.seen) == (50, 2_000)


VECTORS = st.lists(st.lists(st.floats(-1, 1, width=16), min_size=3, max_size=3), min_size=1, max_size=30)


@settings(deadline=None)
@given(VECTORS, st.integers(1, 10))
def test_the_nearest_are_those_that_comparing_all_would_find(rows, limit):
    space = VectorSpace()
    vectors = {f"page:{number}": np.array(row, dtype=np.float32) for number, row in enumerate(rows)}
    space.put(vectors)
    target = np.array([0.6, 0.8, 0.0], dtype=np.float32)
    found = space.nearest(target, limit=limit)
    every = sorted(((float(vector @ target), key) for key, vector in vectors.items()), reverse=True)
    expected = [cosine for cosine, _ in every if cosine >= 0.15][:limit]
    assert [cosine for _, cosine in found] == pytest.approx(expected, abs=1e-5)


def test_a_vector_that_is_taken_out_is_nobodys_neighbour():
    space = VectorSpace()
    space.put({"a": np.array([1, 0], dtype=np.float32), "b": np.array([1, 0], dtype=np.float32)})
    assert space.nearest_to("a", limit=5) == ["b"]
    space.put({"b": None})
    assert space.nearest_to("a", limit=5) == []

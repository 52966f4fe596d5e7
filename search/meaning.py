"""What a question means, for search: the documents nearest to it in the space of the sentence model.

Unlike latent semantic analysis, which knows too little of single words, a sentence model may order the first page of a
search: measured on labelled sets, see docs/editors/related.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.spaces import latent_space, sentence_space

if TYPE_CHECKING:
    from search.vectors import Vector, VectorSpace

# How many documents near a question are found besides those that hold its words.
NEAREST = 100
# Further apart, question and document have nothing to do with one another.
LEAST_COSINE = 0.3
# A reader's question need not know what was published a moment ago by its meaning; by its words it is found at once.
SECONDS_OLD = 10.0


def nearest_documents(text: str, *, limit: int = NEAREST) -> tuple[str, ...]:
    """Return the keys nearest to a question, nearest first; none where there is no sentence model."""
    space = sentence_space(within=SECONDS_OLD) if text else None
    return () if space is None else near_enough(space, space.vector(text), limit=limit)


def near_enough(space: VectorSpace, vector: Vector, *, limit: int = NEAREST) -> tuple[str, ...]:
    """Return the keys nearest to a vector, as long as they have something to do with it."""
    return tuple(key for key, cosine in space.nearest(vector, limit=limit) if cosine >= LEAST_COSINE)


def rescued_documents(text: str, *, limit: int) -> tuple[str, ...]:
    """Return what a question without results may have meant: by the sentence model, else by the site's own words."""
    near = nearest_documents(text, limit=limit)
    if near or not text:
        return near
    space = latent_space()
    return () if space is None else near_enough(space, space.vector(text), limit=limit)

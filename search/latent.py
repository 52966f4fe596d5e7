"""Latent semantic analysis: pages that say the same in other words come close to one another.

Terms weighed by log-entropy, reduced to 100 dimensions by a truncated singular value decomposition (Deerwester et al.
1990). Fitted on at most `MOST_FITTED` documents, so time and memory are bounded (see `docs/editors/search.md`); any
other text, also a new page or a query, is folded in with one multiplication.
"""

from __future__ import annotations

import io
import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from search.analysis import Term

MOST_FITTED = 20_000
# Below this there is not enough said to learn what belongs together; lists then come from words alone.
FEWEST_FITTED = 60
DIMENSIONS = 100
# A small site needs fewer dimensions, or nothing is generalised: one for so many documents.
DOCUMENTS_A_DIMENSION, FEWEST_DIMENSIONS = 12, 8
# A term of fewer documents than this says nothing about others.
FEWEST_DOCUMENTS = 2
MOST_TERMS = 60_000


@dataclass(frozen=True, slots=True)
class LatentModel:
    """What a fit has learnt: the weight of each term, and where it lies."""

    vocabulary: dict[str, int]
    weights: np.ndarray[Any, np.dtype[np.float32]]
    components: np.ndarray[Any, np.dtype[np.float32]]
    fitted_on: int

    def vector(self, terms: Iterable[Term]) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Fold a text in: a vector of length 1, or of zeros where no term is known."""
        places, counts = [], []
        for term in terms:
            place = self.vocabulary.get(term.stem)
            if place is not None:
                places.append(place)
                counts.append(term.count)
        if not places:
            return np.zeros(self.components.shape[1], dtype=np.float32)
        weighed = np.log1p(np.array(counts, dtype=np.float32)) * self.weights[places]
        folded = weighed @ self.components[places]
        length = float(np.linalg.norm(folded))
        return (folded / length if length else folded).astype(np.float32)

    def to_bytes(self) -> bytes:
        """Pack for the database; numbers as 16-bit floats, which moves no neighbour."""
        packed = io.BytesIO()
        words = np.frombuffer(json.dumps(list(self.vocabulary)).encode(), dtype=np.uint8)
        np.savez_compressed(
            packed,
            words=words,
            weights=self.weights.astype(np.float16),
            components=self.components.astype(np.float16),
            fitted_on=np.array(self.fitted_on),
        )
        return packed.getvalue()

    @classmethod
    def from_bytes(cls, packed: bytes) -> LatentModel:
        """Unpack what `to_bytes` made."""
        with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
            words = json.loads(stored["words"].tobytes())
            return cls(
                vocabulary={word: place for place, word in enumerate(words)},
                weights=stored["weights"].astype(np.float32),
                components=stored["components"].astype(np.float32),
                fitted_on=int(stored["fitted_on"]),
            )


class LatentSample:
    """Collects documents for a fit from a stream: all of them, or a fair sample of `MOST_FITTED`."""

    def __init__(self, *, limit: int = MOST_FITTED) -> None:
        """Start empty; the sample is the same for the same stream."""
        self.limit = limit
        self.seen = 0
        self.vocabulary: dict[str, int] = {}
        self.rows: list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = []
        self._random = random.Random(0)  # noqa: S311 (a sample, no secret)

    def add(self, terms: Iterable[Term]) -> None:
        """Take a document's terms, or leave them out (Vitter's reservoir sampling)."""
        self.seen += 1
        place = len(self.rows)
        if place >= self.limit:
            place = self._random.randrange(self.seen)
            if place >= self.limit:
                return
        listed = list(terms)
        ids = [self.vocabulary.setdefault(term.stem, len(self.vocabulary)) for term in listed]
        row = (np.array(ids, dtype=np.int32), np.array([term.count for term in listed], dtype=np.float32))
        if place == len(self.rows):
            self.rows.append(row)
        else:
            self.rows[place] = row

    def fit(self) -> LatentModel | None:
        """Learn from the sample; nothing when it is too small."""
        # Only a fit needs scipy; half a second of importing it would be an editor's first save in each web process.
        from scipy.sparse import csr_matrix  # noqa: PLC0415 (see above)
        from scipy.sparse.linalg import svds  # noqa: PLC0415 (see above)

        documents = len(self.rows)
        if documents < FEWEST_FITTED:
            return None
        counts = csr_matrix(
            (
                np.concatenate([values for _, values in self.rows]),
                np.concatenate([ids for ids, _ in self.rows]),
                np.concatenate([[0], np.cumsum([len(ids) for ids, _ in self.rows])]),
            ),
            shape=(documents, len(self.vocabulary)),
        )
        frequencies = np.bincount(counts.indices, minlength=counts.shape[1])
        kept = np.flatnonzero(frequencies >= FEWEST_DOCUMENTS)
        if len(kept) > MOST_TERMS:
            kept = np.sort(kept[np.argsort(-frequencies[kept], kind="stable")[:MOST_TERMS]])
        counts = counts[:, kept]
        dimensions = min(DIMENSIONS, max(FEWEST_DIMENSIONS, documents // DOCUMENTS_A_DIMENSION), min(counts.shape) - 1)
        if dimensions < 1:
            return None
        weights = _entropy_weights(counts)
        counts.data = np.log1p(counts.data) * weights[counts.indices]
        lengths = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
        counts.data /= np.repeat(np.maximum(lengths, 1e-9), np.diff(counts.indptr)).astype(np.float32)
        _, _, components = svds(counts.astype(np.float32), k=dimensions, random_state=0, solver="arpack")
        words = list(self.vocabulary)
        return LatentModel(
            vocabulary={words[column]: place for place, column in enumerate(kept)},
            weights=weights,
            components=np.ascontiguousarray(components.T, dtype=np.float32),
            fitted_on=documents,
        )


def _entropy_weights(counts: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return 1 for a term in one document, near 0 for one spread evenly over all (Dumais 1991)."""
    documents, terms = counts.shape
    totals = np.asarray(counts.sum(axis=0)).ravel()
    shares = counts.data / totals[counts.indices]
    entropy = np.bincount(counts.indices, weights=shares * np.log(shares), minlength=terms)
    return (1 + entropy / np.log(max(documents, 2))).astype(np.float32)

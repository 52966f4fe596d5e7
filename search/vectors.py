"""Vectors of documents, and which are nearest: a matrix in memory, kept up with the database that all workers share.

Brute force is exact and needs no index: 50,000 documents of 100 numbers are 20 MB and 5 ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

Vector = np.ndarray[Any, np.dtype[np.float32]]
# Cosines below this are noise: two texts with nothing in common.
LEAST_COSINE = 0.15


class Space(Protocol):
    """Where documents lie by meaning. `weight` is how much its ranking counts beside the one by words."""

    weight: float

    def nearest_to(self, key: str, *, limit: int) -> list[str]:
        """Return the keys nearest to a document's, nearest first, without itself; [] for an unknown one."""


class VectorSpace:
    """Vectors by key, in memory."""

    def __init__(self, *, weight: float = 1.0) -> None:
        """Start empty; the first vector decides the dimensions."""
        self.weight = weight
        self.keys: list[str] = []
        self.places: dict[str, int] = {}
        self.matrix: Vector = np.zeros((0, 0), dtype=np.float32)

    def put(self, vectors: Mapping[str, Vector | None]) -> None:
        """Add or replace vectors; `None` takes one out."""
        fresh = [key for key, vector in vectors.items() if vector is not None and key not in self.places]
        if fresh:
            width = next(len(vector) for vector in vectors.values() if vector is not None)
            rows = len(self.keys) + len(fresh)
            if rows > len(self.matrix):
                grown = np.zeros((max(rows, len(self.matrix) * 5 // 4), width), dtype=np.float32)
                if self.keys:
                    grown[: len(self.keys)] = self.matrix[: len(self.keys)]
                self.matrix = grown
            for key in fresh:
                self.places[key] = len(self.keys)
                self.keys.append(key)
        for key, vector in vectors.items():
            if vector is not None:
                self.matrix[self.places[key]] = vector
            elif key in self.places:
                self.matrix[self.places[key]] = 0

    def nearest_to(self, key: str, *, limit: int) -> list[str]:
        """Return the keys nearest to a document's, nearest first, without itself."""
        place = self.places.get(key)
        if place is None:
            return []
        return [other for other, _ in self.nearest(self.matrix[place], limit=limit + 1) if other != key][:limit]

    def nearest(self, vector: Vector, *, limit: int) -> list[tuple[str, float]]:
        """Return the keys nearest to a vector with their cosines; equal ones in the order of their keys."""
        count = len(self.keys)
        if not count or not vector.any():
            return []
        cosines = self.matrix[:count] @ vector
        best = np.argpartition(-cosines, min(limit, count - 1))[: limit + 1] if count > limit else np.arange(count)
        found = [(self.keys[place], float(cosines[place])) for place in best if cosines[place] >= LEAST_COSINE]
        found.sort(key=lambda item: (-item[1], item[0]))
        return found[:limit]

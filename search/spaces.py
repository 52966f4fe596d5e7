"""The spaces of meaning that related lists use, stored in the database: every worker sees the same vectors."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import structlog
from django.db import transaction
from django.utils import timezone

from search.analysis import terms_of
from search.latent import LatentModel, LatentSample
from search.models import DocumentVector, FittedModel
from search.vectors import VectorSpace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from search.engines.base import Engine
    from search.vectors import Vector

log = structlog.get_logger(__name__)

# Meaning counts twice as much as words: measured on labelled sets, see docs/editors/search.md.
LATENT_WEIGHT = 2.0
ROWS_A_STATEMENT = 500
# Vectors written by another worker may be committed later than their time says.
OVERLAP = timedelta(seconds=90)
# A model is fitted anew when the site has grown to this multiple of what it was fitted on.
GROWTH = 2


class StoredSpace(VectorSpace):
    """A vector space that follows the database."""

    def __init__(self, model: FittedModel) -> None:
        """Unpack the model; vectors come with the first `refresh`."""
        super().__init__(weight=LATENT_WEIGHT)
        self.number = model.pk
        self.model = LatentModel.from_bytes(bytes(model.packed))
        self._seen: datetime | None = None

    def refresh(self) -> None:
        """Read what has changed since the last time."""
        rows = DocumentVector.objects.filter(model_id=self.number)
        if self._seen is not None:
            rows = rows.filter(changed_at__gt=self._seen - OVERLAP)
        started = timezone.now()
        width = self.model.components.shape[1]
        batch: dict[str, Vector | None] = {}
        for key, packed in rows.values_list("key", "packed").iterator(chunk_size=2_000):
            batch[key] = np.frombuffer(bytes(packed), dtype=np.float16).astype(np.float32) if packed else None
        if any(vector is not None and len(vector) != width for vector in batch.values()):
            msg = f"vectors of model {self.number} have the wrong size; run search_index rebuild"
            raise ValueError(msg)
        self.put(batch)
        self._seen = started

    def store(self, texts: Mapping[str, str | None]) -> None:
        """Fold texts in and store their vectors; `None` takes one out."""
        now = timezone.now()
        vectors = {key: None if text is None else self.model.vector(terms_of(text)) for key, text in texts.items()}
        rows = [
            DocumentVector(
                model_id=self.number,
                key=key,
                packed=b"" if vector is None else vector.astype(np.float16).tobytes(),
                changed_at=now,
            )
            for key, vector in vectors.items()
        ]
        DocumentVector.objects.bulk_create(
            rows,
            batch_size=ROWS_A_STATEMENT,
            update_conflicts=True,
            unique_fields=["model", "key"],
            update_fields=["packed", "changed_at"],
        )
        self.put(vectors)


_held = threading.local()


def current_space() -> StoredSpace | None:
    """Return the space in use, up to date with the database; None while the site is too small for one."""
    number = FittedModel.objects.filter(is_current=True).values_list("pk", flat=True).first()
    if number is None:
        return None
    space: StoredSpace | None = getattr(_held, "space", None)
    if space is None or space.number != number:
        space = _held.space = StoredSpace(FittedModel.objects.get(pk=number))
    space.refresh()
    return space


def needs_fit(documents: int) -> bool:
    """Whether a site of so many documents should learn anew what belongs together."""
    from search.latent import FEWEST_FITTED, MOST_FITTED  # noqa: PLC0415

    fitted_on = FittedModel.objects.filter(is_current=True).values_list("fitted_on", flat=True).first()
    if fitted_on is None:
        return documents >= FEWEST_FITTED
    return fitted_on < MOST_FITTED and documents >= fitted_on * GROWTH


def fit_space(*, engine: Engine, keys: Iterable[str]) -> StoredSpace | None:
    """Learn from the indexed texts of `keys`, store all their vectors, and put the new space in use in one step.

    Streams twice over the texts, so memory is bounded by the sample of the fit, not by the site.
    """
    listed = list(keys)
    sample = LatentSample()
    for start in range(0, len(listed), ROWS_A_STATEMENT):
        texts = engine.texts(listed[start : start + ROWS_A_STATEMENT])
        for key in sorted(texts):
            sample.add(terms_of(texts[key]))
    fitted = sample.fit()
    if fitted is None:
        return None
    row = FittedModel.objects.create(packed=fitted.to_bytes(), fitted_on=fitted.fitted_on)
    space = StoredSpace(row)
    for start in range(0, len(listed), ROWS_A_STATEMENT):
        space.store(engine.texts(listed[start : start + ROWS_A_STATEMENT]))
    with transaction.atomic():
        FittedModel.objects.filter(is_current=True).update(is_current=False)
        FittedModel.objects.filter(pk=row.pk).update(is_current=True)
        FittedModel.objects.filter(is_current=False, pk__lt=row.pk).delete()
    _held.space = space
    log.info("the space of meaning is fitted", documents=fitted.fitted_on, terms=len(fitted.vocabulary))
    return space

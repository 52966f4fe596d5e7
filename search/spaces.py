"""The spaces of meaning that related lists and search use, stored in the database: every worker sees the same vectors.

Two sources: what latent semantic analysis has learnt from the site's own texts, and a sentence model where the
installation has one (`SEMANTIC_MODEL`). Both are brought up to date with a text when it is indexed.
"""

from __future__ import annotations

import hashlib
import threading
import time
from abc import ABC, abstractmethod
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import structlog
from django.db import transaction
from django.utils import timezone

from search.analysis import terms_of
from search.latent import FEWEST_FITTED, MOST_FITTED, LatentModel, LatentSample
from search.models import DocumentVector, FittedModel, MeaningSource
from search.sentences import SentenceModel, SentenceModelUnusable, sentence_model
from search.vectors import VectorSpace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from search.engines.base import Engine
    from search.vectors import Vector

log = structlog.get_logger(__name__)

# Either meaning counts twice as much as words: measured on labelled sets, see docs/editors/related.md.
LATENT_WEIGHT = 2.0
SENTENCES_WEIGHT = 2.0
ROWS_A_STATEMENT = 500
# Vectors written by another worker may be committed later than their time says.
OVERLAP = timedelta(seconds=90)
# A model is fitted anew when the site has grown to this multiple of what it was fitted on.
GROWTH = 2


class StoredSpace(VectorSpace, ABC):
    """A vector space that follows the database."""

    def __init__(self, row: FittedModel, *, weight: float) -> None:
        """Vectors come with the first `refresh`."""
        super().__init__(weight=weight)
        self.number = row.pk
        self._seen: datetime | None = None
        self._looked = 0.0

    @abstractmethod
    def vector(self, text: str) -> Vector:
        """Return where a text lies."""

    def refresh(self, *, within: float = 0.0) -> None:
        """Read what has changed since the last time, unless that was less than `within` seconds ago."""
        if self._seen is not None and time.monotonic() - self._looked < within:
            return
        rows = DocumentVector.objects.filter(model_id=self.number)
        if self._seen is not None:
            rows = rows.filter(changed_at__gt=self._seen - OVERLAP)
        started = timezone.now()
        self._looked = time.monotonic()
        batch: dict[str, Vector | None] = {}
        for key, packed in rows.values_list("key", "packed").iterator(chunk_size=2_000):
            batch[key] = np.frombuffer(bytes(packed), dtype=np.float16).astype(np.float32) if packed else None
        widths = {len(vector) for vector in batch.values() if vector is not None}
        if len(widths | ({self.matrix.shape[1]} if self.keys else set())) > 1:
            msg = f"vectors of model {self.number} have different sizes; run search_index rebuild"
            raise ValueError(msg)
        self.put(batch)
        self._seen = started

    def store(self, texts: Mapping[str, str | None]) -> None:
        """Place texts and store their vectors; `None` takes one out."""
        vectors = {key: None if text is None else self.vector(text) for key, text in texts.items()}
        self._write(vectors, {})

    def _write(self, vectors: Mapping[str, Vector | None], fingerprints: Mapping[str, str]) -> None:
        now = timezone.now()
        rows = [
            DocumentVector(
                model_id=self.number,
                key=key,
                packed=b"" if vector is None else vector.astype(np.float16).tobytes(),
                fingerprint=fingerprints.get(key, ""),
                changed_at=now,
            )
            for key, vector in vectors.items()
        ]
        DocumentVector.objects.bulk_create(
            rows,
            batch_size=ROWS_A_STATEMENT,
            update_conflicts=True,
            unique_fields=["model", "key"],
            update_fields=["packed", "fingerprint", "changed_at"],
        )
        self.put(vectors)


class LatentSpace(StoredSpace):
    """Where texts lie by what the site itself says together."""

    def __init__(self, row: FittedModel) -> None:
        """Unpack the model."""
        super().__init__(row, weight=LATENT_WEIGHT)
        self.model = LatentModel.from_bytes(bytes(row.packed))

    def vector(self, text: str) -> Vector:
        """Fold a text in."""
        return self.model.vector(terms_of(text))


class SentenceSpace(StoredSpace):
    """Where texts lie by a sentence model. Reading a text takes it a twentieth of a second, so none is read twice."""

    def __init__(self, row: FittedModel, model: SentenceModel) -> None:
        """Follow the vectors that `model` has made."""
        super().__init__(row, weight=SENTENCES_WEIGHT)
        self.model = model

    def vector(self, text: str) -> Vector:
        """Ask the model."""
        return self.model.vector(text)

    def store(self, texts: Mapping[str, str | None]) -> None:
        """Read and store the texts that are new; each by itself, so that little is lost when it is stopped."""
        known = dict(
            DocumentVector.objects.filter(model_id=self.number, key__in=texts).values_list("key", "fingerprint")
        )
        for key, text in texts.items():
            said = "" if text is None else hashlib.sha256(text.encode()).hexdigest()[:32]
            if known.get(key, "") != said:
                self._write({key: self.vector(text) if text else None}, {key: said})

    def missing(self, keys: Iterable[str]) -> list[str]:
        """Return those of the keys that have never been read."""
        known = set(DocumentVector.objects.filter(model_id=self.number).values_list("key", flat=True))
        return [key for key in keys if key not in known]


_held = threading.local()


def latent_space() -> LatentSpace | None:
    """Return the latent space in use, up to date with the database; None while the site is too small for one."""
    current = FittedModel.objects.filter(is_current=True, source=MeaningSource.LATENT)
    number = current.values_list("pk", flat=True).first()
    if number is None:
        return None
    space: LatentSpace | None = getattr(_held, "latent", None)
    if space is None or space.number != number:
        space = _held.latent = LatentSpace(FittedModel.objects.get(pk=number))
    space.refresh()
    return space


def sentence_space(*, unfinished: bool = False, within: float = 0.0) -> SentenceSpace | None:
    """Return the space of the installation's sentence model, up to date to `within` seconds.

    None where there is no model, where it cannot be used (the log says why), and, unless `unfinished`, until every
    document has been read: half a site would hide the other half.
    """
    try:
        model = sentence_model()
    except SentenceModelUnusable as error:
        log.error("the sentence model cannot be used", error=str(error))  # noqa: TRY400 (the message says all)
        return None
    if model is None:
        return None
    wanted = {"source": MeaningSource.SENTENCES, "identity": model.identity}
    rows = FittedModel.objects.filter(**wanted)
    row = rows.first() if unfinished else rows.filter(is_current=True).first()
    if row is None and unfinished:
        row = FittedModel.objects.create(**wanted, fitted_on=0)
    if row is None:
        return None
    space: SentenceSpace | None = getattr(_held, "sentences", None)
    if space is None or space.number != row.pk:
        space = _held.sentences = SentenceSpace(row, model)
    space.refresh(within=within)
    return space


def spaces_in_use() -> list[StoredSpace]:
    """Return the spaces that related lists are made from."""
    return [space for space in (latent_space(), sentence_space()) if space is not None]


def use_space(space: StoredSpace, *, source: str) -> None:
    """Put a space in use in one step, and remove the older ones of its source."""
    with transaction.atomic():
        others = FittedModel.objects.filter(source=source).exclude(pk=space.number)
        others.filter(is_current=True).update(is_current=False)
        FittedModel.objects.filter(pk=space.number).update(is_current=True)
        others.filter(pk__lt=space.number).delete()


def needs_fit(documents: int) -> bool:
    """Whether a site of so many documents should learn anew what belongs together."""
    current = FittedModel.objects.filter(is_current=True, source=MeaningSource.LATENT)
    fitted_on = current.values_list("fitted_on", flat=True).first()
    if fitted_on is None:
        return documents >= FEWEST_FITTED
    return fitted_on < MOST_FITTED and documents >= fitted_on * GROWTH


def fit_space(*, engine: Engine, keys: Iterable[str]) -> LatentSpace | None:
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
    space = LatentSpace(row)
    for start in range(0, len(listed), ROWS_A_STATEMENT):
        space.store(engine.texts(listed[start : start + ROWS_A_STATEMENT]))
    use_space(space, source=MeaningSource.LATENT)
    _held.latent = space
    log.info("the space of meaning is fitted", documents=fitted.fitted_on, terms=len(fitted.vocabulary))
    return space

"""How good search and related lists are, measured on labelled sets: nDCG@10 with the site's own code paths.

A folder holds `corpus.jsonl` (`_id`, `title`, `text`), `queries.jsonl` (`_id`, `text`) and `qrels/test.tsv` (query,
document, grade) and `qrels/related.tsv` (seed document, document, grade). Nothing in the code knows any of them.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from content.pages.documents import Document
from search.analysis import terms_of
from search.documents import cleaned, fingerprint, full_text
from search.engines.base import Write
from search.finding import find
from search.latent import LatentSample
from search.query import parse_query
from search.related import ranked_candidates
from search.spaces import LATENT_WEIGHT, SENTENCES_WEIGHT
from search.vectors import VectorSpace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from search.engines.base import Engine
    from search.sentences import SentenceModel
    from search.vectors import Space

DEPTH = 10
DOCUMENTS_A_BATCH = 500
# Labelled queries are whole sentences, longer than what the search page takes.
LONGEST_LABELLED = 20_000
PREFIX = "page:"


class BadCollection(Exception):  # noqa: N818 (reads as what it is)
    """The folder is not a labelled set; the message says what is missing or wrong, and where."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A labelled set."""

    documents: list[Document]
    queries: dict[str, str]
    grades: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Measured:
    """The mean over all questions, and how many of these found nothing at all."""

    ndcg: float
    questions: int
    without_result: int


def read_collection(folder: Path, *, task: str) -> Collection:
    """Read a labelled set for a task ("search" or "related").

    Raises:
        BadCollection: a file is missing or malformed.
    """
    documents = [
        cleaned(
            Document(
                key=f"{PREFIX}{_text(line, '_id')}", kind="page", title=_text(line, "title"), url="/",
                body=_text(line, "text"),
            )
        )
        for line in _json_lines(folder / "corpus.jsonl")
    ]  # fmt: skip
    if not documents:
        msg = f"{folder / 'corpus.jsonl'} holds no documents"
        raise BadCollection(msg)
    grades = _grades(folder / "qrels" / ("test.tsv" if task == "search" else "related.tsv"))
    queries: dict[str, str] = {}
    if task == "search":
        queries = {_text(line, "_id"): _text(line, "text") for line in _json_lines(folder / "queries.jsonl")}
        grades = {name: graded for name, graded in grades.items() if name in queries}
    else:
        known = {document.key for document in documents}
        grades = {name: graded for name, graded in grades.items() if PREFIX + name in known}
    if not grades:
        raise BadCollection("no question in qrels has a text and a judged document")
    return Collection(documents, queries, grades)


def _text(line: dict[str, Any], name: str) -> str:
    return str(line.get(name) or "")


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    try:
                        found = json.loads(line)
                    except ValueError as error:
                        msg = f"{path}, line {number}: not JSON ({error})"
                        raise BadCollection(msg) from error
                    if not isinstance(found, dict) or "_id" not in found:
                        msg = f"{path}, line {number}: an object with _id is expected"
                        raise BadCollection(msg)
                    yield found
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise BadCollection(msg) from error


def _grades(path: Path) -> dict[str, dict[str, int]]:
    grades: dict[str, dict[str, int]] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise BadCollection(msg) from error
    for number, line in enumerate(lines[1:], start=2):
        parts = line.split("\t")
        try:
            question, document, grade = parts[0], parts[1], int(parts[2])
        except (IndexError, ValueError) as error:
            msg = f"{path}, line {number}: question, document and a whole number are expected, tab-separated"
            raise BadCollection(msg) from error
        if grade > 0:
            grades.setdefault(question, {})[document] = grade
    return grades


def index_collection(
    collection: Collection, *, engine: Engine, progress: Callable[[str, int, int], None] | None = None
) -> None:
    """Put the documents into a new index of `engine`."""
    engine.promote_generation(engine.begin_generation())
    documents = collection.documents
    for start in range(0, len(documents), DOCUMENTS_A_BATCH):
        batch = documents[start : start + DOCUMENTS_A_BATCH]
        engine.write([Write(document.key, 1, document, fingerprint(document)) for document in batch])
        if progress:
            progress("documents", start + len(batch), len(documents))
    engine.refresh()


def latent_space(collection: Collection) -> VectorSpace | None:
    """Learn from the documents what belongs together, as a rebuild does; None when there are too few."""
    sample = LatentSample()
    for document in collection.documents:
        sample.add(terms_of(full_text(document)))
    model = sample.fit()
    if model is None:
        return None
    space = VectorSpace(weight=LATENT_WEIGHT)
    space.put({document.key: model.vector(terms_of(full_text(document))) for document in collection.documents})
    return space


def sentence_space(
    collection: Collection, *, model: SentenceModel, progress: Callable[[str, int, int], None] | None = None
) -> VectorSpace:
    """Let a sentence model read the documents."""
    space = VectorSpace(weight=SENTENCES_WEIGHT)
    for done, document in enumerate(collection.documents, start=1):
        space.put({document.key: model.vector(full_text(document))})
        if progress:
            progress("meaning of texts", done, len(collection.documents))
    return space


def measure_search(
    collection: Collection,
    *,
    engine: Engine,
    nearest: Callable[[str], tuple[str, ...]] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Measured:
    """Ask every query as a reader's would be asked; `nearest` finds documents by meaning."""

    def answer(name: str) -> list[str]:
        query = parse_query(
            collection.queries[name],
            at=timezone.now(),
            size=DEPTH,
            limit=LONGEST_LABELLED,
            most_words=LONGEST_LABELLED,
        )
        return [hit.key for hit in find(engine, query, nearest=nearest).found.hits]

    return _measured(collection.grades, answer, progress)


def measure_related(
    collection: Collection,
    *,
    engine: Engine,
    spaces: Sequence[Space],
    progress: Callable[[str, int, int], None] | None = None,
) -> Measured:
    """Make the related list of every seed."""

    def answer(name: str) -> list[str]:
        seed = engine.described([PREFIX + name])[PREFIX + name]
        return [item.key for item in ranked_candidates(seed, engine=engine, spaces=spaces, at=timezone.now())]

    return _measured(collection.grades, answer, progress)


def _measured(
    grades: Mapping[str, Mapping[str, int]],
    answer: Callable[[str], list[str]],
    progress: Callable[[str, int, int], None] | None,
) -> Measured:
    total, empty = 0.0, 0
    for done, (name, graded) in enumerate(grades.items(), start=1):
        ranking = [key.removeprefix(PREFIX) for key in answer(name)]
        total += ndcg(ranking, graded)
        empty += not ranking
        if progress:
            progress("questions", done, len(grades))
    return Measured(total / len(grades), len(grades), empty)


def ndcg(ranking: Sequence[str], grades: Mapping[str, int], *, depth: int = DEPTH) -> float:
    """Return the normalised discounted cumulative gain, with linear gains (Järvelin and Kekäläinen 2002)."""
    gained = sum(grades.get(key, 0) / math.log2(place + 1) for place, key in enumerate(ranking[:depth], start=1))
    ideal = sorted(grades.values(), reverse=True)[:depth]
    best = sum(grade / math.log2(place + 1) for place, grade in enumerate(ideal, start=1))
    return gained / best if best else 0.0

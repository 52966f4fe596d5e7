"""The relevance command: on a set of the test's own, and on shared/relevance where that is present."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from search.evaluation import ndcg

SHARED = Path(__file__).resolve().parents[4] / "shared" / "relevance"
# What issue 4 wants of the embedded engine.
WANTED = {("search", "med"): 0.69, ("search", "cran"): 0.36, ("related", "med"): 0.62, ("related", "cran"): 0.43}
WITH_SENTENCES = {("search", "med"): 0.78, ("related", "med"): 0.67}


def measured(folder: Path, task: str, *, semantic: bool = False) -> dict:
    out = io.StringIO()
    call_command("relevance", str(folder), task=task, semantic=semantic, stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


@pytest.fixture
def folder(tmp_path):
    documents = {"a": "Flow on wards", "b": "Ward flow again", "c": "Parking", "d-4": "Flow, parking"}
    lines = [json.dumps({"_id": key, "title": text, "text": f"{text}."}) for key, text in documents.items()]
    (tmp_path / "corpus.jsonl").write_text("\n".join(lines) + "\n")
    (tmp_path / "queries.jsonl").write_text('{"_id": "q1", "text": "flow wards"}\n{"_id": "q2", "text": "zebra"}\n')
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\ta\t2\nq1\tb\t1\nq2\tc\t1\n")
    (tmp_path / "qrels" / "related.tsv").write_text("seed-id\tcorpus-id\tscore\na\tb\t1\n")
    return tmp_path


def test_a_small_set_is_measured(folder):
    search = measured(folder, "search")
    assert search == {
        "task": "search", "engine": "sqlite", "semantic": False, "ndcg@10": 0.5, "queries": 2, "without_result": 1,
    }  # fmt: skip
    assert measured(folder, "related")["ndcg@10"] == 1.0


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "corpus.jsonl").unlink(), "corpus.jsonl cannot be read"),
        (lambda folder: (folder / "corpus.jsonl").write_text(""), "no documents"),
        (lambda folder: (folder / "corpus.jsonl").write_text("{"), "line 1: not JSON"),
        (lambda folder: (folder / "corpus.jsonl").write_text("[]"), "an object with _id"),
        (lambda folder: (folder / "qrels" / "test.tsv").write_text("head\nq1\ta"), "line 2"),
        (lambda folder: (folder / "qrels" / "test.tsv").write_text("head\n"), "no question"),
    ],
)
def test_a_folder_that_is_no_set_is_said_with_its_fault(folder, damage, message):
    damage(folder)
    with pytest.raises(CommandError, match=message):
        call_command("relevance", str(folder), task="search")


def test_ndcg_is_what_the_definition_says():
    assert ndcg(["a", "b"], {"a": 1, "b": 1}) == 1
    assert ndcg(["x", "a"], {"a": 1}) == pytest.approx(0.6309, abs=1e-4)
    assert ndcg(["b", "a"], {"a": 3, "b": 1}) == pytest.approx((1 + 3 * 0.63093) / (3 + 0.63093), abs=1e-4)
    assert ndcg([], {"a": 1}) == 0
    assert ndcg(["a"], {}) == 0


@pytest.mark.one_machine
@pytest.mark.skipif(not SHARED.exists(), reason="../shared is absent")
@pytest.mark.parametrize(("task", "name"), list(WANTED))
def test_labelled_sets_are_answered_as_well_as_wanted(task, name):
    assert measured(SHARED / name, task)["ndcg@10"] >= WANTED[task, name]


@pytest.mark.one_machine
@pytest.mark.skipif(not SHARED.exists(), reason="../shared is absent")
@pytest.mark.parametrize(("task", "name"), list(WITH_SENTENCES))
def test_sentence_vectors_are_worth_their_time(task, name):
    assert measured(SHARED / name, task, semantic=True)["ndcg@10"] >= WITH_SENTENCES[task, name]

"""Sentence vectors with the real model that the tests install: reading a site, and finding by what is meant."""

from __future__ import annotations

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from search.meaning import nearest_documents, rescued_documents
from search.models import DocumentVector, FittedModel, OutboxEntry
from search.relating import read_sentences
from search.results import search_site
from search.sentences import INSTALLED, SentenceModelUnusable, load_model
from search.services import rebuild_index, sync_outbox
from search.spaces import sentence_space
from tests.factories.pages import BlogPageFactory, NewsPageFactory, VacancyPageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def model(settings):
    settings.SEMANTIC_MODEL = INSTALLED
    return load_model(INSTALLED)


@pytest.fixture
def pages(site_with_search):
    return [
        BlogPageFactory(title="Car parking charges at hospitals", summary="What visitors pay to leave their vehicles."),
        NewsPageFactory(title="Sepsis kills", summary="Blood poisoning must be treated within an hour."),
        BlogPageFactory(title="Hiring nurses from abroad", summary="Recruitment overseas goes on."),
    ]


def test_a_text_lies_nearest_to_what_means_the_same(model):
    doctor, physician, banana = model.vectors(["The doctor saw me.", "A physician examined me.", "Bananas are yellow."])
    assert np.linalg.norm(doctor) == pytest.approx(1, abs=1e-5)
    assert doctor @ physician > 0.5 > doctor @ banana
    assert model.vector("").shape == doctor.shape
    assert model.vector("word " * 100_000).shape == doctor.shape


def test_a_text_has_one_vector_whatever_was_read_before(model):
    alone = model.vector("Waiting times in emergency departments")
    model.vectors(["short", "a much longer text " * 50])
    assert np.array_equal(alone, model.vector("Waiting times in emergency departments"))


@pytest.mark.parametrize("files", [{}, {"model.onnx": "no model", "tokenizer.json": "{}"}])
def test_a_folder_without_a_model_is_told_with_its_name(tmp_path, files):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(SentenceModelUnusable, match=str(tmp_path)):
        load_model(str(tmp_path))


def test_without_a_model_nothing_is_read_and_search_goes_by_words(pages):
    rebuild_index()
    assert sentence_space(unfinished=True) is None
    assert nearest_documents("vehicle fees") == ()
    assert read_sentences() is False


def test_a_model_that_cannot_be_used_stops_neither_search_nor_the_index(pages, settings, tmp_path):
    settings.SEMANTIC_MODEL = str(tmp_path / "nowhere")
    rebuild_index()
    assert [result.card.pk for result in search_site(asked("sepsis")).results] == [pages[1].pk]


def asked(text):
    from search.asked import Asked

    return Asked(text=text)


def test_a_site_is_read_once_and_then_found_by_what_is_meant(pages, model):
    vacancy = VacancyPageFactory(title="Cook")
    rebuild_index()
    assert nearest_documents("how much does it cost to park")[0] == f"page:{pages[0].pk}"
    assert DocumentVector.objects.filter(key=f"page:{vacancy.pk}").exists()
    results = search_site(asked("septicaemia"))
    assert [result.card.pk for result in results.results][:1] == [pages[1].pk]
    before = list(DocumentVector.objects.order_by("pk").values_list("pk", "changed_at"))
    rebuild_index()
    assert list(DocumentVector.objects.order_by("pk").values_list("pk", "changed_at")) == before


def test_reading_stops_at_its_time_and_goes_on_where_it_stopped(pages, model):
    rebuild_index()
    FittedModel.objects.filter(source="sentences").update(is_current=False)
    DocumentVector.objects.filter(key=f"page:{pages[0].pk}").delete()
    assert read_sentences(seconds=0) is False
    assert sentence_space() is None
    assert read_sentences() is True
    assert sentence_space() is not None
    assert OutboxEntry.objects.filter(key=f"page:{pages[0].pk}", related_version=0).exists()
    assert read_sentences() is False


def test_a_change_is_read_again_and_an_unpublished_page_is_forgotten(pages, model):
    rebuild_index()
    page = pages[0]
    page.title, page.summary = "Sandwiches", "Lunch in the canteen."
    page.save()
    sync_outbox()
    assert nearest_documents("what can I eat at noon")[0] == f"page:{page.pk}"
    page.unpublish()
    sync_outbox()
    assert f"page:{page.pk}" not in nearest_documents("what can I eat at noon")


def test_a_question_without_results_is_rescued_by_what_it_means(pages, model):
    rebuild_index()
    assert rescued_documents("septicaemia", limit=1) == (f"page:{pages[1].pk}",)
    assert rescued_documents("", limit=1) == ()


def test_relevance_with_a_model_that_is_not_there_says_how_to_get_one(settings, tmp_path):
    settings.SEMANTIC_MODEL = str(tmp_path)
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").write_text('{"_id": "a", "title": "x", "text": "y"}\n')
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "x"}\n')
    (tmp_path / "qrels" / "test.tsv").write_text("q\td\ts\nq\ta\t1\n")
    with pytest.raises(CommandError, match=r"model\.onnx"):
        call_command("relevance", str(tmp_path), semantic=True)

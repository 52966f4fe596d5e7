"""What every engine does, with the same expectations for each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.pages.documents import Document
from search.documents import cleaned, fingerprint
from search.engines.base import NoIndex, Write
from search.highlight import marked_html
from search.query import HITS_A_PAGE, MARK_START, Sort, SynonymTable, parse_query

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def document(number: int, title: str, **said) -> Document:
    return cleaned(
        Document(key=f"page:{number}", kind=said.pop("kind", "blog"), title=title, url=f"/{number}/", **said)
    )


def write(engine, *documents: Document, version: int = 1) -> None:
    engine.write([Write(item.key, version, item, fingerprint(item)) for item in documents])
    engine.refresh()


def found(engine, text: str, **asked) -> list[int]:
    asked.setdefault("at", NOW)
    return [int(hit.key[5:]) for hit in engine.search(parse_query(text, **asked)).hits]


@pytest.fixture
def index(any_engine):
    any_engine.promote_generation(any_engine.begin_generation())
    return any_engine


def test_an_engine_without_an_index_says_so(any_engine):
    assert any_engine.live_generation() == any_engine.status().live == ""
    assert any_engine.status().problems
    for question in (
        lambda: any_engine.search(parse_query("word", at=NOW)),
        lambda: any_engine.suggestions(["word"], at=NOW, limit=3),
        lambda: any_engine.neighbours("page:1", at=NOW, limit=5),
        lambda: any_engine.described(["page:1"]),
    ):
        with pytest.raises(NoIndex):
            question()
    assert list(any_engine.stored()) == []


def test_forms_of_a_word_find_one_another_and_accents_do_not_matter(index):
    write(index, document(1, "Discharging patients"), document(2, "Café culture"))
    assert found(index, "discharged patient") == [1]
    assert found(index, "CAFE") == [2]


def test_texts_are_cut_where_the_words_of_a_query_are(index):
    write(
        index, document(1, "Guidance from 18f.gsa.gov on snake_case"), document(2, "£1,000 for O\u2019Neil\u2019s ward")
    )
    for asked, number in {"18f.gsa.gov": 1, "gsa": 1, '"snake_case"': 1, "1,000": 2, "O'Neil": 2, "wards": 2}.items():
        query = replace(parse_query(asked, at=NOW), every=True)
        assert [int(hit.key[5:]) for hit in index.search(query).hits] == [number], asked


def test_a_title_weighs_more_than_a_body(index):
    padding = "Some other words that fill the text of this page. " * 3
    write(index, document(1, "Other", body=f"{padding} flow"), document(2, "Flow", body=padding))
    assert found(index, "flow") == [2, 1]


def test_a_phrase_wants_its_words_side_by_side(index):
    write(index, document(1, "Delayed discharge"), document(2, "Discharge was delayed"))
    assert found(index, '"delayed discharge"') == [1]
    assert sorted(found(index, "delayed discharge")) == [1, 2]


def test_words_beside_a_phrase_only_order_the_results(index):
    titles = ["Delayed discharge here", "Delayed discharge winter", "Winter", "One", "Two", "Three"]
    write(index, *(document(number, title) for number, title in enumerate(titles, start=1)))
    assert found(index, '"delayed discharge" winter') == [2, 1]


def test_topics_and_authors_are_found_by_name(index):
    write(index, document(1, "A"), document(2, "B", topic_names=("Patient safety",), authors=("Ada Quill",)))
    assert found(index, "safety") == [2]
    assert found(index, "quill") == [2]


def test_filters_narrow_and_facets_ignore_their_own(index):
    write(
        index,
        document(1, "Flow", kind="blog", topics=(1,)),
        document(2, "Flow", kind="news", topics=(1, 2)),
        document(3, "Flow", kind="news", topics=(2,)),
    )
    answer = index.search(parse_query("flow", at=NOW, kinds=("news",), topics=(1,)))
    assert [hit.key for hit in answer.hits] == ["page:2"]
    assert answer.total == 1
    assert answer.facets["type"] == {"blog": 1, "news": 1}
    assert answer.facets["topic"] == {"1": 1, "2": 2}


def test_filters_alone_list_everything_newest_first(index):
    write(
        index,
        document(1, "A", published_on=date(2026, 1, 1)),
        document(2, "B", published_on=date(2026, 3, 1)),
        document(3, "C", published_on=None),
    )
    assert found(index, "", kinds=("blog",)) == [2, 1, 3]


def test_results_can_be_sorted_by_date(index):
    write(
        index,
        document(1, "Flow flow", published_on=date(2025, 1, 1)),
        document(2, "Other", body="flow", published_on=date(2026, 1, 1)),
    )
    assert found(index, "flow") == [1, 2]
    assert found(index, "flow", sort=Sort.NEWEST) == [2, 1]


def test_visibility_is_exact_to_the_second(index):
    write(index, document(1, "Flow", live_from=NOW, live_to=NOW + timedelta(hours=1)))
    seconds = [-1, 0, 3599, 3600]
    assert [found(index, "flow", at=NOW + timedelta(seconds=second)) for second in seconds] == [[], [1], [1], []]


def test_pages_follow_one_another_and_stop(index):
    write(index, *(document(number, "Flow", body=f"number{number}") for number in range(1, 46)))
    pages = [found(index, "flow", page=page) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [HITS_A_PAGE, HITS_A_PAGE, 5, 0]
    assert sorted(number for page in pages for number in page) == list(range(1, 46))


def test_highlights_show_the_match_and_nothing_of_a_page_is_markup(index):
    write(
        index, document(1, "<b>Flow</b>", summary="None here", body="Before <script>alert(1)</script> the flow after")
    )
    [hit] = index.search(parse_query("flow", at=NOW)).hits
    assert marked_html(hit.title) == "&lt;b&gt;<mark>Flow</mark>&lt;/b&gt;"
    assert MARK_START in hit.snippet
    assert "<script>" not in marked_html(hit.snippet)


def test_a_phrase_is_marked_where_it_stands_and_a_word_anywhere(index):
    write(index, document(1, "Discharge", body="A discharge. Then a delayed discharge in winter."))
    [hit] = index.search(parse_query('"delayed discharge" winter', at=NOW)).hits
    marked = str(marked_html(hit.snippet)).replace("</mark> <mark>", " ")
    assert "<mark>delayed discharge</mark> in <mark>winter</mark>" in marked
    assert "<mark>discharge" not in marked


def test_a_tombstone_is_not_found_and_refuses_older_writes(index):
    page = document(1, "Flow")
    write(index, page, version=3)
    index.write([Write(page.key, 4, None)])
    index.write([Write(page.key, 3, page, fingerprint(page))])
    index.refresh()
    assert found(index, "flow") == []
    assert [(item.key, item.version, item.fingerprint) for item in index.stored()] == [("page:1", 4, "")]
    write(index, page, version=5)
    assert found(index, "flow") == [1]


def test_the_same_version_may_be_written_again(index):
    write(index, document(1, "Flow"), version=2)
    write(index, document(1, "Stream"), version=2)
    assert (found(index, "flow"), found(index, "stream")) == ([], [1])


def test_writes_during_a_rebuild_reach_both_generations(index):
    write(index, document(1, "Flow"))
    name = index.begin_generation()
    write(index, document(2, "Flow"), version=2)
    first = document(1, "Flow")
    index.write_building([Write(first.key, 1, first, fingerprint(first))])
    older = document(2, "Older")
    index.write_building([Write(older.key, 1, older, fingerprint(older))])
    index.refresh()
    assert sorted(found(index, "flow")) == [1, 2]
    assert sorted(item.key for item in index.stored(building=True)) == ["page:1", "page:2"]
    index.promote_generation(name)
    assert sorted(found(index, "flow")) == [1, 2]
    assert found(index, "older") == []
    assert index.status().building == ""


def test_a_generation_left_building_is_dropped_by_the_next(index):
    index.begin_generation()
    second = index.begin_generation()
    assert index.status().building == second
    index.drop_generation(second)
    assert index.status().building == ""
    with pytest.raises(LookupError):
        index.write_building([Write("page:1", 1, None)])


def test_the_generation_before_can_come_back(index):
    write(index, document(1, "Flow"))
    index.promote_generation(index.begin_generation())
    assert found(index, "flow") == []
    assert index.restore_generation() == index.live_generation()
    assert found(index, "flow") == [1]


def test_what_is_stored_is_told_by_key(index):
    write(index, *(document(number, "Flow") for number in range(1, 6)))
    assert {item.key for item in index.stored(keys=["page:2", "page:4", "page:9"])} == {"page:2", "page:4"}
    assert len(list(index.stored())) == 5


def test_neighbours_share_rare_words_and_say_which(index):
    common = "the hospital staff talked about their work today and then went home again"
    write(
        index,
        document(1, "Sepsis screening", body=f"sepsis bundles and lactate {common}"),
        document(2, "Lactate in sepsis", body=f"lactate and sepsis {common}"),
        document(3, "Car parks", body=f"parking fees {common}"),
        document(4, "Sepsis, not for lists", body="sepsis lactate bundles", related=False),
    )
    near = index.neighbours("page:1", at=NOW, limit=5)
    assert near[0].key == "page:2"
    assert {"sepsis", "lactate"} <= set(near[0].terms)
    assert not {"page:1", "page:4"} & {item.key for item in near}


def test_kin_and_what_is_not_visible_are_no_neighbours(index):
    write(
        index,
        document(1, "Sepsis lactate", group="guide:1"),
        document(2, "Sepsis lactate", group="guide:1"),
        document(3, "Sepsis lactate", live_to=NOW),
        document(4, "Sepsis lactate", group="guide:2"),
    )
    assert [item.key for item in index.neighbours("page:1", at=NOW, limit=5)] == ["page:4"]


def test_the_newest_that_take_part_in_lists_can_be_asked_by_topic(index):
    write(
        index,
        document(1, "A", published_on=date(2026, 1, 1), topics=(1,)),
        document(2, "B", published_on=date(2026, 2, 1), topics=(2,)),
        document(3, "C", published_on=date(2026, 3, 1), topics=(1, 2), related=False),
    )
    assert index.newest(topics=(), at=NOW, limit=5) == ["page:2", "page:1"]
    assert index.newest(topics=(1,), at=NOW, limit=5) == ["page:1"]
    described = index.described(["page:1", "page:7"])
    assert list(described) == ["page:1"]
    assert described["page:1"].topics == (1,)
    assert described["page:1"].published_on == date(2026, 1, 1)


def test_facets_and_filters_by_author_and_year(index):
    write(
        index,
        document(1, "Flow", authors=("Ada Quill", "Bo O'Neil"), published_on=date(2025, 5, 1)),
        document(2, "Flow", authors=("Ada Quill",), published_on=date(2026, 5, 1)),
        document(3, "Flow"),
    )
    answer = index.search(parse_query("flow", at=NOW, authors=("Bo O'Neil",)))
    assert [hit.key for hit in answer.hits] == ["page:1"]
    assert answer.facets["author"] == {"Ada Quill": 2, "Bo O'Neil": 1}
    assert answer.facets["year"] == {"2025": 1}
    assert sorted(found(index, "flow", years=(2026, 2025))) == [1, 2]


def test_every_word_can_be_asked_for(index):
    write(index, document(1, "Delayed discharge"), document(2, "Discharge"), document(3, "Delayed"))
    query = parse_query("delayed discharge", at=NOW)
    assert [hit.key for hit in index.search(replace(query, every=True)).hits] == ["page:1"]
    assert index.search(query).total == 3


def test_synonyms_find_what_is_called_otherwise(index):
    write(
        index, document(1, "Emergency department waits"), document(2, "Casualty"), document(3, "A&E"), document(4, "E")
    )
    table = SynonymTable([["A&E", "emergency department", "casualty"]])
    for asked in ("a&e", "Emergency Department", "casualty"):
        assert sorted(found(index, asked, synonyms=table)) == [1, 2, 3], asked
    assert found(index, "emergency department waits", synonyms=table)[0] == 1


def test_a_word_with_typing_errors_is_corrected_to_the_nearest_there_is(index):
    write(index, document(1, "Discharge planning", body="measurement"), document(2, "Flow"))
    assert index.corrections(["dischrage"])["dischrage"][0] == "discharge"
    assert index.corrections(["planing", "plamming"])["plamming"][0] == "planning"
    assert index.corrections(["xyzzy", "fl", "flow"]) == {}


def test_a_form_of_a_word_that_is_there_is_no_typing_error(index):
    write(index, document(1, "Discharge"))
    assert index.corrections(["discharging"]) == {}


def test_titles_are_suggested_as_they_are_typed(index):
    write(
        index,
        document(1, "Discharge planning"),
        document(2, "Planning a ward"),
        document(3, "Planning for later", live_from=NOW + timedelta(days=1)),
        document(4, "Nothing", body="planning"),
    )
    assert {item.key for item in index.suggestions(["plan"], at=NOW, limit=5)} == {"page:1", "page:2"}
    assert [item.key for item in index.suggestions(["discharge", "pl"], at=NOW, limit=5)] == ["page:1"]
    assert [item.key for item in index.suggestions(["discharge", "p"], at=NOW, limit=5)] == ["page:1"]
    [item] = index.suggestions(["planning", "ward"], at=NOW, limit=5)
    assert (item.title, item.url, item.kind) == ("Planning a ward", "/2/", "blog")


def test_the_text_of_what_takes_part_in_lists_can_be_read(index):
    write(index, document(1, "Title", summary="Summary", body="Body"), document(2, "Other", related=False))
    assert list(index.texts(["page:1", "page:2", "page:3"])) == ["page:1"]
    assert index.texts(["page:1"])["page:1"].split() == ["Title", "Summary", "Body"]


HOSTILE = [
    '"', "'", "((((", "))", "[a TO b]", "a:b:c", "_id:1", "title:flow", "*", "flow*", "?", "~", "flow~2", "^4", "\\",
    "AND", "OR NOT", "NEAR(a b)", "-", "+", "{", "}", "a" * 10_000, "flow " * 2_000, "\x00flow\x00", "\u202eflow",
    "<script>alert(1)</script>", "'; DROP TABLE documents_1; --", "%", "_", "\ud800", "🙂", "''''", '""""', '"" flow',
    "مرحبا", "流れ", "\ue000\ue001", "{{7*7}}", "${jndi:ldap://x}", "\n\r\t", "flow AND", "NOT flow",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_queries_are_answered(index, text):
    write(index, document(1, "Flow <i>"))
    for hit in index.search(parse_query(text, at=NOW)).hits:
        assert "<i>" not in marked_html(hit.title)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(alphabet=st.characters(codec=None), max_size=80) | st.text('"*:()[]{}^~-+!/\\ ab', max_size=60))
def test_any_query_is_answered(index, text):
    assert index.search(parse_query(text, at=NOW)).total >= 0
    assert index.search(parse_query(text, at=NOW, kinds=("blog",), topics=(1,), sort=Sort.NEWEST)).total >= 0
    words = parse_query(text, at=NOW).words
    assert isinstance(index.corrections(words), dict)
    assert isinstance(index.suggestions(words, at=NOW, limit=3), list)


def fused_with(engine, text: str, *near: int, **asked):
    query = replace(parse_query(text, at=NOW, **asked), nearest=tuple(f"page:{number}" for number in near))
    return engine.search(query)


def numbers(answer) -> list[int]:
    return [int(hit.key[5:]) for hit in answer.hits]


def test_what_is_near_in_meaning_is_found_and_ranked_with_what_holds_the_words(index):
    write(
        index,
        document(1, "Sepsis sepsis sepsis"), document(2, "Sepsis", body="and other things that may be said about it"),
        document(3, "Blood poisoning", kind="news", summary="At night"), document(4, "Parking"),
    )  # fmt: skip
    assert numbers(fused_with(index, "sepsis")) == [1, 2]
    answer = fused_with(index, "sepsis", 2, 3)
    assert numbers(answer) == [2, 1, 3]
    assert answer.total == 3
    assert answer.facets["type"] == {"blog": 2, "news": 1}
    assert answer.hits[2].title == "Blood poisoning"
    assert answer.hits[2].snippet == "At night"
    assert MARK_START in answer.hits[0].title


def test_what_is_near_in_meaning_keeps_to_filters_time_and_pages(index):
    write(
        index,
        document(1, "Sepsis"), document(2, "Blood poisoning", kind="news"),
        document(3, "Septic shock", live_to=NOW), document(4, "Bacteria"),
    )  # fmt: skip
    assert numbers(fused_with(index, "sepsis", 3, 2, 4, 99)) == [1, 2, 4]
    assert numbers(fused_with(index, "sepsis", 3, 2, 4, kinds=("news",))) == [2]
    pages = [fused_with(index, "sepsis", 3, 2, 4, size=2, page=page) for page in (1, 2)]
    assert [numbers(page) for page in pages] == [[1, 2], [4]]
    assert [page.total for page in pages] == [3, 3]


def test_phrases_are_meant_to_the_letter(index):
    write(index, document(1, "Blood poisoning"), document(2, "Sepsis"))
    assert numbers(fused_with(index, '"blood poisoning"', 2)) == [1]


def test_beyond_the_depth_of_fusion_words_alone_decide(index):
    write(index, *(document(number, "Sepsis", body="word " * number) for number in range(1, 121)), document(121, "Ill"))
    answer = fused_with(index, "sepsis", 121, 120, size=HITS_A_PAGE)
    assert answer.total == 121
    order = [
        number
        for page in range(1, 8)
        for number in numbers(fused_with(index, "sepsis", 121, 120, size=HITS_A_PAGE, page=page))
    ]
    assert sorted(order) == list(range(1, 122))
    assert order[:3] == [1, 121, 2]
    assert order[-1] == 119

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from content.blocks.library import BodyStreamBlock
from content.importing.bodies import Body, Link, convert_body
from content.importing.findings import What
from content.importing.mapping import Mapping, parse_mapping

MAPPING = """\
name: teahouse
folders: [{folder: posts, becomes: blog}]
shortcodes:
  ref: {becomes: page-link, to: 0}
  file: {becomes: file-link, file: 0, label: label, base: "https://files.example.org/"}
  unlinked: {becomes: file-link, file: 0, label: label}
  post: {becomes: link, url: "https://social.example.org/{user}/{id}", label: "Post by {user}"}
  note: {becomes: callout, tone: [kind, 0], tones: {alert: warning, join: tip}, title: title}
  card: {becomes: callout, title: title, url: src}
  fold: {becomes: accordion, title: title}
  said: {becomes: quote, text: text, name: by}
  go: {becomes: button, text: text, url: href}
  video: {becomes: embed, url: "https://www.youtube.com/watch?v={id}", title: title}
  img: {becomes: image, src: src, alt: alt, caption: caption}
  next: {becomes: further-reading, to: link, title: kicker}
  mark: emphasis
  checklist: list
  check: item
  versus: {becomes: table, columns: [Do, Don't], caption: caption}
  row: row
  cell: cell
"""


class Library:
    """Knows two pages, one of them not made yet."""

    def resolve(self, target: str, *, code: bool) -> Link:
        known = {"made": Link(page=7), "coming": Link(href="/blogs/coming/", waiting="posts/coming.md")}
        return known.get(target) or Link(href="" if code else target, finding=What.LINK if code else None)

    def picture(self, source: str) -> int | None:
        return 5 if source == "there.png" else None


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    return parse_mapping(MAPPING.encode())


@pytest.fixture(scope="module")
def convert(mapping: Mapping):
    def run(text: str, **extra: Any) -> Body:
        return convert_body(text, mapping=mapping, resolver=Library(), seed="posts/tea.md", title="Tea", **extra)

    return run


def values(body: Body) -> list[tuple[str, Any]]:
    return [(block["type"], block["value"]) for block in body.blocks]


def whats(body: Body) -> list[What]:
    return [finding.what for finding in body.findings]


def test_prose_lists_and_emphasis_are_one_text_block(convert) -> None:
    (block,) = values(convert("Hot **tea** and _milk_.\n\n1. one\n2. two\n   - deeper\n\nThen `drink`  \nit."))
    assert block == (
        "text",
        (
            "<p>Hot <b>tea</b> and <i>milk</i>.</p><ol><li>one</li><li>two<ul><li>deeper</li></ul></li></ol>"
            "<p>Then <code>drink</code><br/>it.</p>"
        ),
    )


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("# A\n\n## B\n\n### C\n", ["heading", "text"]),
        ("### A\n\n#### B\n\n### C\n", ["heading", "text", "heading"]),
        ("## A\n\n##### B\n", ["heading", "text"]),
    ],
)
def test_headings_begin_at_the_second_level_and_leave_none_out(convert, text: str, kinds: list[str]) -> None:
    blocks = values(convert(text))
    assert [kind for kind, _ in blocks] == kinds
    assert blocks[0] == ("heading", {"text": "A"})
    assert "<h3>B</h3>" in blocks[1][1]


def test_a_link_in_a_heading_follows_it(convert) -> None:
    assert values(convert("## [Tea](https://example.org)\n")) == [
        ("heading", {"text": "Tea"}),
        ("text", '<p><a href="https://example.org">Tea</a></p>'),
    ]


def test_a_heading_written_without_its_space_is_a_heading(convert) -> None:
    assert values(convert("##Tea\n")) == [("heading", {"text": "Tea"})]


def test_a_table_is_a_table_and_its_links_follow_it(convert) -> None:
    table, links = values(
        convert("## Leaves\n\n| kind | where |\n|---|---|\n| **green** | [Uji](https://uji.example) |\n")
    )[1:]
    assert table[1]["table"]["data"] == [["kind", "where"], ["green", "Uji"]]
    assert table[1]["table"]["table_header_choice"] == "row"
    assert table[1]["caption"] == "Leaves"
    assert '<a href="https://uji.example">Uji</a>' in links[1]


def test_a_table_that_is_only_layout_is_taken_apart(convert) -> None:
    text = "<table><tr><td><h2>Tea</h2><p>Hot.</p></td><td>Cold.</td></tr></table>"
    assert values(convert(text)) == [("heading", {"text": "Tea"}), ("text", "<p>Hot.</p><p>Cold.</p>")]


def test_code_is_code_and_an_indented_paragraph_is_not(convert) -> None:
    fenced = "```python\npour(tea)\n```\n\n"
    text = f"{fenced}    A moved paragraph with a [link](https://a.example).\n\n    const a = {{}};\n    b();\n"
    code, prose, indented = values(convert(text))
    assert code == ("code", {"language": "python", "code": "pour(tea)"})
    assert prose[1].startswith("<p>A moved paragraph with a <a")
    assert indented == ("code", {"language": "", "code": "const a = {};\nb();"})


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("> Tea first.\n>\n> — Ada\n", [("Tea first.", "Ada")]),
        ("> “Tea first.” —Ada\n>\n> “Milk first.” \u2013 Bo\n", [("Tea first.", "Ada"), ("Milk first.", "Bo")]),
        ("> “Tea.”\n", [("Tea.", "")]),
        ('{{< said text="Tea “first”." by="**Ada**, host" >}}', [("Tea “first”.", "Ada, host")]),
    ],
)
def test_quotes_carry_who_said_them_and_no_marks_around(convert, text: str, quotes: list[tuple[str, str]]) -> None:
    blocks = values(convert(text))
    assert [(kind, value["text"], value["name"]) for kind, value in blocks] == [("quote", *quote) for quote in quotes]


def test_a_quotation_with_links_becomes_a_callout_so_that_they_stay(convert) -> None:
    (block,) = values(convert("> Tea [first](https://example.org).\n"))
    assert block[0] == "callout"
    assert '<a href="https://example.org">first</a>' in block[1]["text"]


def test_a_note_is_a_callout_with_its_tone_and_title(convert) -> None:
    body = convert('{{< note alert title="**Hot**" >}}\n\nMind the _cup_.\n\n{{< /note >}}')
    assert values(body) == [("callout", {"tone": "warning", "title": "Hot", "text": "<p>Mind the <i>cup</i>.</p>"})]
    assert body.figures["shortcodes"] == {"note: converted": 1}


def test_a_card_leads_where_it_says(convert) -> None:
    (block,) = values(convert('{{< card title="Rules" src="https://example.org" >}}Read.{{< /card >}}'))
    assert block[1]["text"] == '<p>Read.</p><p><a href="https://example.org">Rules</a></p>'


def test_accordions_in_a_row_are_one(convert) -> None:
    text = '{{< fold title="One" >}}a{{< /fold >}}\n\n{{< fold title="Two" >}}## B\n\nb{{< /fold >}}'
    (block,) = values(convert(text))
    items = [item["value"] for item in block[1]["items"]]
    assert items == [{"title": "One", "text": "<p>a</p>"}, {"title": "Two", "text": "<h3>B</h3><p>b</p>"}]


def test_a_table_within_a_note_moves_out_and_is_told(convert) -> None:
    body = convert("{{< note >}}\nRead:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n{{< /note >}}")
    assert [kind for kind, _ in values(body)] == ["callout", "table"]
    assert whats(body) == [What.LAYOUT]


def test_a_video_is_an_embed_and_within_a_note_a_link(convert) -> None:
    assert values(convert('{{< video id="dQw4w9WgXcQ" title="Pouring" >}}')) == [
        ("embed", {"url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ", "title": "Pouring"})
    ]
    (block,) = values(convert('{{< note >}}{{< video id="dQw4w9WgXcQ" title="Pouring" >}}{{< /note >}}'))
    assert block[1]["text"] == '<p><a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ">Pouring</a></p>'


def test_a_frame_of_a_video_is_an_embed_and_any_other_a_link(convert) -> None:
    video, other = values(
        convert(
            '<iframe src="//www.youtube.com/embed/dQw4w9WgXcQ" width="3"></iframe>\n\n'
            '<iframe src="https://maps.example.org/x" title="Map"></iframe>'
        )
    )
    assert video == ("embed", {"url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ", "title": "Tea"})
    assert other == ("text", '<p><a href="https://maps.example.org/x">Map</a></p>')


def test_buttons_lead_to_pages_or_addresses(convert) -> None:
    made, address = values(
        convert('{{< go text="Go" href="made" >}}\n\n{{< go text="Out" href="https://example.org" >}}')
    )
    assert made[1] == {"text": "Go", "page": 7, "url": "", "quiet": False}
    assert address[1] == {"text": "Out", "page": None, "url": "https://example.org", "quiet": False}


def test_cards_to_pages_in_a_row_are_one_further_reading(convert) -> None:
    (block,) = values(convert('{{< next link="made" kicker="Next" >}}\n{{< next link="made" >}}'))
    assert block[1]["title"] == "Next"
    assert [item["value"]["page"] for item in block[1]["items"]] == [7, 7]


def test_links_by_shortcode_are_page_links(convert) -> None:
    body = convert('See [tea]({{< ref "made" >}} "title") and <a href="{{% ref made %}}">more</a>.')
    assert values(body)[0][1] == '<p>See <a linktype="page" id="7">tea</a> and <a linktype="page" id="7">more</a>.</p>'
    assert body.figures["links"] == {"to a page": 2}


def test_a_page_that_is_not_made_yet_is_waited_for(convert) -> None:
    body = convert('[later]({{< ref "coming" >}})')
    assert values(body)[0][1] == '<p><a href="/blogs/coming/">later</a></p>'
    assert body.waiting == ["posts/coming.md"]


def test_a_link_to_nothing_keeps_its_words_and_is_told_with_its_line(convert) -> None:
    body = convert('one\n\n[lost]({{< ref "lost" >}})', first_line=5)
    assert values(body)[0][1] == "<p>one</p><p>lost</p>"
    assert [(finding.what, finding.message, finding.line) for finding in body.findings] == [(What.LINK, "lost", 7)]


def test_a_link_of_a_dangerous_scheme_keeps_its_words(convert) -> None:
    body = convert('<a href="javascript:alert(1)">tea</a> and <a href="ftp://example.org">ftp</a>')
    assert values(body)[0][1] == "<p>tea and ftp</p>"
    assert whats(body) == [What.LINK, What.LINK]


def test_a_bare_address_is_a_link_and_markdown_within_html_too(convert) -> None:
    (block,) = values(convert("<div>See https://example.org/a. Or [b](https://example.org/b)</div>"))
    assert block[1] == (
        '<p>See <a href="https://example.org/a">https://example.org/a</a>. Or <a href="https://example.org/b">b</a></p>'
    )


def test_links_within_the_page_lead_to_its_headings(convert) -> None:
    body = convert("[a](#one) [b](#lost)\n\n## First part {#one}\n")
    assert values(body)[0][1] == '<p><a href="#first-part">a</a> b</p>'
    assert whats(body) == [What.ANCHOR]


def test_an_image_without_its_file_keeps_its_words_for_readers(convert) -> None:
    body = convert('{{< img src="a.jpg" alt="A kettle on a stove" caption="Photo: _Ada_" >}}')
    assert values(body)[0][1] == "<p>[Image: A kettle on a stove]<br/><i>Photo: <i>Ada</i></i></p>"
    assert whats(body) == [What.IMAGE]


def test_an_image_with_its_file_is_an_image_and_moves_out_of_a_list(convert) -> None:
    body = convert('- one\n- two {{< img src="there.png" alt="A cup" >}}\n')
    assert [kind for kind, _ in values(body)] == ["text", "image"]
    assert values(body)[1][1]["image"] == 5
    assert whats(body) == [What.LAYOUT]


def test_images_of_markdown_and_html_are_images_too(convert) -> None:
    (block,) = values(
        convert('![A kettle](a.jpg)\n\n<figure><img src="b.jpg" alt="A cup"><figcaption>Full.</figcaption></figure>')
    )
    assert block[1] == "<p>[Image: A kettle]</p><p>[Image: A cup]</p><p>Full.</p>"


def test_an_image_between_words_stands_by_itself_and_in_a_list_stays(convert) -> None:
    text = 'Before {{< img src="a.jpg" alt="A kettle" >}} after.\n\n- item {{< img src="b.jpg" alt="A cup" >}}\n'
    assert values(convert(text))[0][1] == (
        "<p>Before</p><p>[Image: A kettle]</p><p>after.</p><ul><li>item<br/>[Image: A cup]</li></ul>"
    )


def test_an_image_in_a_link_keeps_the_link(convert) -> None:
    text = '[{{< img src="a.jpg" alt="A kettle" >}}](https://example.org/a.jpg)Then.'
    assert values(convert(text))[0][1] == '<p><a href="https://example.org/a.jpg">[Image: A kettle]</a></p><p>Then.</p>'


def test_alt_texts_that_are_file_names_and_images_without_words_are_told(convert) -> None:
    body = convert('{{< img src="x.png" alt="Artboard 101 copy" >}}\n\n{{< img src="y.png" >}}')
    assert values(body) == []
    assert whats(body) == [What.ALT_IS_FILE_NAME, What.IMAGE_SILENT, What.IMAGE_SILENT]
    assert [finding.line for finding in body.findings] == [1, 1, 3]


def test_documents_without_a_file_keep_their_label(convert) -> None:
    body = convert('{{< file "a.pdf" label="The leaflet (PDF)" >}} and {{< unlinked "b.pdf" label="another" >}}')
    assert values(body)[0][1] == '<p><a href="https://files.example.org/a.pdf">The leaflet (PDF)</a> and another</p>'
    assert whats(body) == [What.FILE, What.FILE]


def test_lists_and_tables_made_of_shortcodes(convert) -> None:
    text = (
        "{{< checklist >}}\n {{< check >}}Warm {{< mark >}}the pot{{< /mark >}}{{< /check >}}\n"
        " {{< checklist >}}{{< check >}}slowly{{< /check >}}{{< /checklist >}}\nThen wait.\n"
        " {{< check >}}Pour{{< /check >}}\n{{< /checklist >}}\n"
        '{{< versus caption="Manners" >}}{{< row >}}{{< cell >}}sip{{< /cell >}}{{< cell >}}slurp{{< /cell >}}'
        "{{< /row >}}{{< /versus >}}"
    )
    text_block, table = values(convert(text))
    assert text_block[1] == (
        "<ul><li>Warm <b>the pot</b><ul><li>slowly</li></ul></li></ul><p>Then wait.</p><ul><li>Pour</li></ul>"
    )
    assert table[1]["table"]["data"] == [["Do", "Don't"], ["sip", "slurp"]]


def test_a_shortcode_not_understood_keeps_its_inner_text_and_is_named_with_its_line(convert) -> None:
    body = convert("a\n\n{{< spin speed=3 >}}**turning**{{< /spin >}}\n\n{{< lone >}}")
    assert values(body)[0][1] == "<p>a</p><p><b>turning</b></p>"
    assert [(f.what, f.message, f.line) for f in body.findings] == [
        (What.SHORTCODE, "spin", 3),
        (What.SHORTCODE, "lone", 5),
    ]
    assert body.figures["shortcodes"] == {"spin: not understood": 1, "lone: not understood": 1}


def test_a_post_elsewhere_is_a_link(convert) -> None:
    assert values(convert('{{< post user="ada" id="9" >}}'))[0][1] == (
        '<p><a href="https://social.example.org/ada/9">Post by ada</a></p>'
    )


def test_html_that_has_no_counterpart_is_counted_and_what_is_no_html_is_shown(convert) -> None:
    body = convert(
        "<script>alert(1)</script>\n\n<marquee>tea</marquee> and <placeholder> stays\n\n"
        "<details><summary>More</summary>x</details>"
    )
    assert "alert" not in str(body.blocks)
    assert values(body)[0][1] == "<p>tea and &lt;placeholder&gt; stays</p>"
    assert values(body)[1][1]["items"][0]["value"] == {"title": "More", "text": "<p>x</p>"}
    assert whats(body) == [What.HTML_REMOVED, What.HTML]
    assert body.figures["html"]["marquee: text kept"] == 1


def test_blocks_from_front_matter_stand_around_the_body(convert) -> None:
    body = convert(
        "Tea.",
        before=({"block": "text", "html": "<p>By {host}</p>"},),
        after=({"block": "button", "text": "Original", "url": "https://example.org"},),
    )
    assert [kind for kind, _ in values(body)] == ["text", "button"]


def test_the_same_source_gives_the_same_blocks_and_every_block_an_id(convert) -> None:
    text = "## A\n\ntext\n\n{{< fold title=x >}}y{{< /fold >}}"
    assert convert(text).blocks == convert(text).blocks
    ids = re.findall(r"'id': '([0-9a-f-]{36})'", str(convert(text).blocks))
    assert len(set(ids)) == 4


def test_words_that_look_like_the_markers_of_the_conversion_stay_words(convert) -> None:
    body = convert("COURANTHELD0END and import-target:0\n\n{{< note >}}a ```\nCOURANTHELD0END\n```\n{{< /note >}}")
    written = str(values(body))
    assert "Courantheld0END and import_target:0" in written
    assert written.count("Courantheld0END") == 2


SNIPPETS = st.sampled_from(
    [
        *("## Head\n\n", "text ", "**bold** ", "- item\n", "\n\n", "> said\n\n", "    indented\n", "```\ncode\n```\n"),
        *("| a | b |\n|---|---|\n| 1 | 2 |\n\n", "<table><tr><td>x</td></tr></table>", "<a href='#x'>", "</a>", "<li>"),
        *("<div>", "</div>", "<p>", "<script>", "\\", "*", "_", "COURANTHELD0END", "import-target:3"),
        *("{{< note >}}", "{{< /note >}}", '{{< fold title="T" >}}', "{{< /fold >}}", "{{< unknown >}}"),
        *('{{< img src=a.jpg alt="A cup" >}}', '[x]({{< ref "made" >}})', '{{< go text=Go href="made" >}}'),
        *("{{< checklist >}}", "{{< check >}}", "{{< /check >}}"),
    ]
)


@example("{{< note >}}text ```\ncode\n```\nCOURANTHELD0END## Head\n\n{{< /note >}}")
@given(st.lists(SNIPPETS, max_size=14).map("".join))
def test_any_body_becomes_blocks_that_the_library_takes_and_safe_html(text: str) -> None:
    mapping = parse_mapping(MAPPING.encode())
    body = convert_body(text, mapping=mapping, resolver=Library(), title="Tea", seed="x")
    known = BodyStreamBlock().child_blocks
    for block in body.blocks:
        assert block["type"] in known
        assert block["type"] == "code" or "<script" not in str(block["value"])
        assert "COURANTHELD" not in str(block["value"])
        assert "import-target" not in str(block["value"])

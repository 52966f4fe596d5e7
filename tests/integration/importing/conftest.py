from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from content.importing.mapping import Mapping, parse_mapping

if TYPE_CHECKING:
    from pathlib import Path

MAPPING = """\
name: teahouse
time_zone: Europe/London
origin: https://old.example.org
hosts: [old.example.org]
keys:
  {title: title, summary: [summary, deck], date: date, slug: slug, expiry: expires, aliases: aliases,
   redirect: redirectto, order: weight}
hidden: [{key: weight, is: 0}, {key: draft, is: true}]
topics: {key: topics, unknown: report}
authors: {key: authors, unknown: create}
folders:
  - {folder: topics, becomes: topic, was: "/topics/{slug}/"}
  - {folder: people, becomes: profile, fields: {name: name, affiliation: works_at}, was: "/authors/{slug}/"}
  - folder: groups
    becomes: group
    parent: /community/
    fields: {members: "{lists.0.members} members", contact_email: mail}
  - folder: papers
    becomes: [{type: report, parent: /reports/, when: {key: source_url}}, {type: standard, parent: /library/}]
    append: [{block: button, needs: source_url, text: Read the original, url: "{source_url}"}]
  - {folder: guides, becomes: guide, parent: /guides/, chapters: order, was: "/{folder}/{slug}/"}
  - folder: events
    becomes: event
    parent: /events/
    fields: {starts_at: date, ends_at: end, venue: [venue.name, venue.city], registration_url: register}
  - folder: posts
    becomes: [{type: blog, parent: /blogs/, when: {key: authors}}, {type: news, parent: /news/}]
    was: "/{year}/{month}/{day}/{slug}/"
shortcodes:
  ref: {becomes: page-link, to: 0}
  note: callout
  img: {becomes: image, src: src, alt: alt}
"""

FILES = {
    "topics/_index.md": "---\ntitle: Topics\n---\n",
    "topics/leaves/_index.md": "---\ntitle: Leaves\nsummary: What is in the pot.\naliases: [/topics/foliage/]\n---\n",
    "people/ada/_index.md": "---\nname: Ada Brew\nworks_at: The Teahouse\n---\n",
    "posts/_index.md": "---\ntitle: Posts\naliases: [/blog/]\n---\n",
    "posts/2015/2015-04-24-first-pot.md": """\
        ---
        title: The first pot
        date: 2015-04-24 4:06:49 -0400
        summary: How it began.
        authors: [ada, nobody-known]
        topics: [foliage, teapots]
        aliases: [/first/, old-name]
        ---
        See [the second]({{< ref "2016-01-02-second-pot.md" >}}), [old](https://old.example.org/2016/01/02/second/),
        [leaves](/topics/leaves/), [rules](/library/rules/) and [gone](https://old.example.org/gone/).

        {{< note >}}Hot.{{< /note >}}

        {{< mystery >}}kept{{< /mystery >}}
        """,
    "posts/2016/2016-01-02-second-pot.md": """\
        ---
        title: The second pot
        slug: second
        date: 2016-01-02
        authors: [ada]
        ---
        Back to [the first]({{< ref "first-pot" >}}) or [it](/2015/04/24/first-pot/).
        """,
    "posts/2016/announcement.md": "---\ntitle: We are open\ndate: April 2016\n---\nCome in.\n",
    "posts/2016/second.md": "---\ntitle: Another second\ndate: 2016-05-01\nauthors: [ada]\nslug: second\n---\nAgain.\n",
    "posts/2017/hidden.md": "---\ntitle: Hidden\ndate: 2017-01-01\nweight: 0\nauthors: [ada]\n---\nNot yet.\n",
    "posts/2017/expired.md": "---\ntitle: Expired\ndate: 2017-02-01\nexpires: 2018-01-01\nauthors: [ada]\n---\nOver.\n",
    "posts/2017/lasting.md": "---\ntitle: Lasting\ndate: 2017-03-01\nexpires: 2999-01-01\nauthors: [ada]\n---\nOn.\n",
    "posts/2017/coming.md": "---\ntitle: Coming\ndate: 2998-03-01\nauthors: [ada]\n---\nSoon.\n",
    "posts/2017/moved.md": "---\ntitle: Moved\ndate: 2017-03-02\nredirectto: /library/rules/\n---\n",
    "posts/2017/away.md": "---\ntitle: Away\ndate: 2017-03-03\nredirectto: https://elsewhere.example.org/\n---\n",
    "posts/2017/broken.md": '---\ntitle: Broken: front\nsummary: "open\ndate: 2017-04-31\n---\nStill here.\n',
    "groups/pourers.md": "---\ntitle: Pourers\nmail: pour@example.org\nlists: [{members: 40}]\n---\nWe pour.\n",
    "papers/rules.md": "---\ntitle: Rules\n---\n## One\n\nWarm the pot.\n",
    "papers/report.md": "---\ntitle: Report\nsource_url: https://example.org/report\n---\n",
    "events/tasting.md": (
        "---\ntitle: Tasting\ndate: 2019-06-01 18:00\nend: 2019-06-01 17:00\nvenue: {name: Hall, city: Leeds}\n"
        "register: not an address\n---\nBring a cup.\n"
    ),
    "events/undated.md": "---\ntitle: Undated\n---\nSome day.\n",
    "guides/brewing/_index.md": '---\ntitle: Brewing\n---\nStart with [water]({{< ref "water" >}}).\n',
    "guides/brewing/water.md": "---\ntitle: Water\n---\nBoil it.\n",
    "guides/brewing/leaf.md": "---\ntitle: Leaf\n---\nOne spoon.\n",
    "guides/brewing/time.md": "---\ntitle: Time\n---\nThree minutes.\n",
    "guides/brewing/more.md": "---\ntitle: More\n---\nIs better.\n",
    "order/brewing.yml": (
        "nav:\n- {path: /guides/brewing/_index.md}\n- {path: guides/brewing/leaf}\n- path: guides/brewing/water.md\n"
        "  subnav: [{path: guides/brewing/time}]\n- {path: guides/brewing/milk}\n"
    ),
    "notes.txt": "A shopping list.",
}


@pytest.fixture
def mapping() -> Mapping:
    return parse_mapping(MAPPING.encode())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    (folder / "posts/2017/latin.md").write_bytes(b"---\ntitle: Caf\xe9\ndate: 2017-05-01\n---\nna\xefve\n")
    return folder

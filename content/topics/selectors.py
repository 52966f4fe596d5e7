"""Reads of the topic tree. It is a few hundred rows at most, so it is always read whole: one query."""

from __future__ import annotations

from content.topics.models import Topic


def topic_tree() -> list[Topic]:
    """The top topics by name, each with `below`: everything under it, to the last level, by name."""
    topics = list(Topic.objects.all())
    known = {topic.pk: topic for topic in topics}
    top = []
    for topic in topics:
        topic.below = []
    for topic in topics:
        if topic.parent_id is None:
            top.append(topic)
            continue
        above = known[topic.parent_id]
        while above.parent_id is not None:
            above = known[above.parent_id]
        above.below.append(topic)
    return top


def topic_and_below(topic: Topic) -> list[int]:
    """The ids of a topic and of everything under it."""
    children: dict[int | None, list[int]] = {}
    for pk, parent_id in Topic.objects.values_list("pk", "parent_id"):
        children.setdefault(parent_id, []).append(pk)
    found, waiting = [], [topic.pk]
    while waiting:
        pk = waiting.pop()
        found.append(pk)
        waiting.extend(children.get(pk, ()))
    return found

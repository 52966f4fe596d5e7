"""What the site lets search find: pages, topics, and people; registered here, where all three are known.

Each function from an instance to ids runs in the transaction of the save that called it, so it stays at one cheap
query; what the documents say is read later, from the database as it is then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import prefetch_related_objects
from wagtail.models import Page, PageViewRestriction, get_page_models

from content.pages import kinds
from content.pages.documents import Document
from content.pages.models import BasePage, PageAuthor, PageTopic
from content.pages.registry import DocumentSource, registry
from content.people.models import Profile
from content.topics.models import Topic

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1_000
TOPIC_WEIGHT = 0.9
"""A topic's one sentence is so short that ranking would put it before every page that says the same word."""


def pages_changed_by_page(page: Page) -> list[int]:
    """The page, and the whole subtree when its address has just changed.

    A page's children are given their new addresses after its own save, in the same transaction; so a first child
    that does not begin with its parent's address tells that all of them are about to change.
    """
    if page.pk is None:
        return []
    if page.numchild:
        below = Page.objects.filter(path__startswith=page.path, depth__gt=page.depth)
        child = below.order_by("path").values_list("url_path", flat=True).first()
        if child is not None and not child.startswith(page.url_path):
            return [page.pk, *below.values_list("pk", flat=True)]
    return [page.pk]


def pages_changed_by_link(link: PageTopic | PageAuthor) -> list[int]:
    """The page that a topic or an author was put on or taken from."""
    return [link.page_id]


def pages_changed_by_topic(topic: Topic) -> list[int]:
    """Every page about the topic: its name is searched with them."""
    return list(PageTopic.objects.filter(topic_id=topic.pk).values_list("page_id", flat=True))


def pages_changed_by_profile(profile: Profile) -> list[int]:
    """Every page by the profile: its name is searched with them."""
    return list(PageAuthor.objects.filter(profile_id=profile.pk).values_list("page_id", flat=True))


def pages_changed_by_restriction(restriction: PageViewRestriction) -> list[int]:
    """The subtree that has just been closed to readers, or opened."""
    page = restriction.page
    return list(Page.objects.filter(path__startswith=page.path).values_list("pk", flat=True))


def page_ids() -> Iterator[int]:
    """Every page that readers may find, in a steady order."""
    findable = Page.objects.live().public().filter(card__isnull=False).exclude(card__kind=kinds.HOME.key)
    yield from findable.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=CHUNK)


def page_documents(ids: list[int]) -> list[Document]:
    """The documents of those of the pages that are published and open to everyone."""
    # Type by type, where `specific()` would make a `Page` of each first.
    by_type: dict[int, list[int]] = {}
    public = Page.objects.filter(pk__in=ids).live().public()
    for number, content_type in public.values_list("pk", "content_type_id"):
        by_type.setdefault(content_type, []).append(number)
    pages: list[BasePage] = []
    for content_type, numbers in by_type.items():
        model = ContentType.objects.get_for_id(content_type).model_class()
        if model is not None and issubclass(model, BasePage) and model.kind is not kinds.HOME:
            pages += model._default_manager.filter(pk__in=numbers, live=True)  # noqa: SLF001 (Django's documented API)
    # All types at once: both relations belong to `Page`, so this is four queries however many types there are.
    prefetch_related_objects(pages, "page_topics__topic", "page_authors__profile")
    return [page.search_document() for page in pages]


def topic_ids() -> Iterator[int]:
    """Every topic."""
    yield from Topic.objects.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=CHUNK)


def topic_documents(ids: list[int]) -> list[Document]:
    """A topic is found by its name; it recommends nothing and is never recommended."""
    return [
        Document(
            key=f"topic:{topic.pk}",
            kind=kinds.TOPIC.key,
            title=topic.name,
            url=topic.get_absolute_url(),
            summary=topic.summary,
            topics=(topic.pk,),
            related=False,
            weight=TOPIC_WEIGHT,
        )
        for topic in Topic.objects.filter(pk__in=ids)
    ]


def profile_ids() -> Iterator[int]:
    """Every person and organisation."""
    yield from Profile.objects.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=CHUNK)


def profile_documents(ids: list[int]) -> list[Document]:
    """A person or an organisation is found by name, role and biography."""
    labels = {Profile.Kind.PERSON.value: kinds.PERSON.key, Profile.Kind.ORGANISATION.value: kinds.ORGANISATION.key}
    return [
        Document(
            key=f"person:{profile.pk}",
            kind=labels[profile.kind],
            title=profile.name,
            url=profile.get_absolute_url(),
            summary=", ".join(filter(None, (profile.role, profile.affiliation))),
            body=profile.biography,
            related=False,
        )
        for profile in Profile.objects.filter(pk__in=ids)
    ]


def _itself(instance: Any) -> list[int]:
    return [instance.pk]


def register_document_sources() -> None:
    """Fill the registry; called once, when all models are known."""
    page_models: list[type[Any]] = [Page, *(model for model in get_page_models() if issubclass(model, BasePage))]
    registry.add_document_source(
        DocumentSource(
            prefix="page",
            models=(
                *((model, pages_changed_by_page) for model in page_models),
                (PageTopic, pages_changed_by_link),
                (PageAuthor, pages_changed_by_link),
                (Topic, pages_changed_by_topic),
                (Profile, pages_changed_by_profile),
                (PageViewRestriction, pages_changed_by_restriction),
            ),
            ids=page_ids,
            documents=page_documents,
        )
    )
    registry.add_document_source(
        DocumentSource(prefix="topic", models=((Topic, _itself),), ids=topic_ids, documents=topic_documents)
    )
    registry.add_document_source(
        DocumentSource(prefix="person", models=((Profile, _itself),), ids=profile_ids, documents=profile_documents)
    )

"""Newsletters and their issues: pages of the site that are also mails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel
from wagtail.fields import StreamField

from content.organisation.models import Organisation
from content.pages import kinds
from content.pages.models import BasePage, Card
from content.pages.text import plain_text
from newsletters.issues.blocks import IssueStreamBlock
from newsletters.issues.identity import HUES

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from content.pages.models.cards import CardQuerySet

SUBJECT_LENGTH = 120
PREHEADER_LENGTH = 150


class NewsletterIndexPage(BasePage):
    """All newsletters, with the sign-up."""

    kind = kinds.SECTION
    takes_part_in_related = False
    max_count = 1
    subpage_types: ClassVar = ["issues.NewsletterPage"]

    content_panels: ClassVar = [*BasePage.content_panels[:2]]

    class Meta:
        verbose_name = "list of newsletters"
        verbose_name_plural = "lists of newsletters"

    def newsletters(self) -> list[NewsletterPage]:
        """The published newsletters in the order of the page tree, each with the card of its latest issue."""
        issues = Card.objects.visible().of_kinds(kinds.ISSUE).filter(page__path__startswith=models.OuterRef("path"))
        pages = list(
            NewsletterPage.objects.child_of(self)
            .live()
            .filter(card__restricted=False)
            .select_related("mailing_list")
            .annotate(latest_issue_id=models.Subquery(issues.newest_first().values("pk")[:1]))
            .order_by("path")
        )
        cards = Card.objects.select_related("page").in_bulk([page.latest_issue_id for page in pages])
        for page in pages:
            page.latest_issue = cards.get(page.latest_issue_id)
        return pages

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the newsletters."""
        context = super().get_context(request, *args, **kwargs)
        context["newsletters"] = self.newsletters()
        return context


class NewsletterPage(BasePage):
    """One newsletter: what it is, its sign-up, its archive."""

    kind = kinds.NEWSLETTER
    takes_part_in_related = False
    parent_page_types: ClassVar = ["issues.NewsletterIndexPage"]
    subpage_types: ClassVar = ["issues.IssuePage"]

    mailing_list = models.ForeignKey(
        "audience.MailingList",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who gets it. Nothing can be sent without one.",
    )
    sender_name = models.CharField(max_length=120, blank=True, help_text="Empty: the organisation's name.")
    sender_address = models.EmailField(
        blank=True, help_text="The address mails come from; its domain has to be set up for this server."
    )
    reply_to = models.EmailField(blank=True, help_text="Where answers go, if not to the sender's address.")
    subject_prefix = models.CharField(
        max_length=40, blank=True, help_text="Before every subject, for example “The monthly round:”."
    )
    accent = models.CharField(
        max_length=12,
        choices=[(hue, hue.capitalize()) for hue in HUES],
        default="newsletter",
        help_text="The hue of the mail's header line.",
    )
    why_text = models.CharField(
        max_length=300,
        blank=True,
        help_text="Why a reader gets this, at the foot of the mail. Empty: “You get this because you subscribed to …”.",
    )
    postal_address = models.TextField(blank=True, help_text="At the foot of the mail. Empty: the organisation's.")
    count_links = models.BooleanField(
        default=False,
        help_text="Links in the mail lead through this site, which counts how often each is followed, not by whom.",
    )

    content_panels: ClassVar = [
        *BasePage.content_panels[:2],
        MultiFieldPanel(
            [
                FieldPanel("mailing_list"),
                FieldRowPanel([FieldPanel("sender_name"), FieldPanel("sender_address")]),
                FieldRowPanel([FieldPanel("reply_to"), FieldPanel("subject_prefix")]),
                FieldPanel("count_links"),
            ],
            heading="Sending",
        ),
        MultiFieldPanel(
            [FieldPanel("accent"), FieldPanel("why_text"), FieldPanel("postal_address")], heading="The mail's frame"
        ),
    ]

    latest_issue: Card | None = None

    class Meta:
        verbose_name = "newsletter"
        verbose_name_plural = "newsletters"

    def issue_cards(self) -> CardQuerySet:
        """The cards of the published issues, newest first."""
        return Card.objects.visible().of_kinds(kinds.ISSUE).below(self).newest_first()

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the past issues."""
        context = super().get_context(request, *args, **kwargs)
        context["issues"] = list(self.issue_cards().for_display())
        return context

    @property
    def address_lines(self) -> list[str]:
        """The postal address that stands in the mail, line by line; empty when nobody has given one."""
        text = self.postal_address.strip() or Organisation.load().postal_address.strip()
        return [line.strip() for line in text.splitlines() if line.strip()]


class IssuePage(BasePage):
    """One issue: composed here, sent as a mail, kept in the archive."""

    kind = kinds.ISSUE
    takes_part_in_related = False
    parent_page_types: ClassVar = ["issues.NewsletterPage"]
    subpage_types: ClassVar[list[str]] = []

    number = models.PositiveIntegerField(
        null=True, blank=True, help_text="Counted up by itself when left empty; 0 for an issue without a number."
    )
    subject = models.CharField(
        max_length=SUBJECT_LENGTH,
        blank=True,
        help_text="What stands in the inbox. Empty: the title. {{name|reader}} becomes the reader's name.",
    )
    preheader = models.CharField(
        max_length=PREHEADER_LENGTH, blank=True, help_text="The line that inboxes show after the subject."
    )
    greeting = models.CharField(
        max_length=200, blank=True, help_text="For example “Dear {{name|colleague}},”; left out of the web version."
    )
    body = StreamField(IssueStreamBlock(), blank=True)
    sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    sent_hash = models.CharField(max_length=64, blank=True, editable=False)
    sent_vacancies = models.JSONField(default=dict, blank=True, editable=False)

    composed_revision_id: int | None = None
    """The revision this object was made from; only `selectors.issue_draft` sets it."""

    content_panels: ClassVar = [
        HelpPanel(template="admin/issues/desk_link_panel.html"),
        *BasePage.content_panels[:2],
        FieldRowPanel([FieldPanel("number"), FieldPanel("published_on")]),
        MultiFieldPanel(
            [FieldPanel("subject"), FieldPanel("preheader"), FieldPanel("greeting")], heading="In the inbox"
        ),
        FieldPanel("body"),
    ]

    class PreviewMode(models.TextChoices):
        """What the admin's preview can show."""

        WEB = "", "Web page"
        MAIL = "mail", "Mail"
        TEXT = "text", "Mail as text"

    class Meta:
        verbose_name = "newsletter issue"
        verbose_name_plural = "newsletter issues"

    @property
    def preview_modes(self) -> list[tuple[str, str]]:
        """The web page first."""
        return list(self.PreviewMode.choices)

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """Show the web page, the mail or its text part, as the draft is now."""
        if mode_name == self.PreviewMode.WEB:
            return super().serve_preview(request, mode_name)
        from newsletters.issues.previews import preview_response  # noqa: PLC0415 (previews compile issues)

        return preview_response(self, text=mode_name == self.PreviewMode.TEXT)

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        """Count the number up where there is none."""
        if self.number is None and (newsletter := self.newsletter_page) is not None:
            siblings = IssuePage.objects.child_of(newsletter).exclude(pk=self.pk)
            self.number = (siblings.aggregate(most=models.Max("number"))["most"] or 0) + 1
        super().full_clean(*args, **kwargs)

    def clean(self) -> None:
        """Refuse a number that another issue of the newsletter has."""
        super().clean()
        newsletter = self.newsletter_page
        if self.number and newsletter is not None:
            siblings = IssuePage.objects.child_of(newsletter).exclude(pk=self.pk)
            if siblings.filter(number=self.number).exists():
                raise ValidationError({"number": f"Issue {self.number} of this newsletter exists already."})

    def with_content_json(self, content: dict[str, Any]) -> Self:
        """Make a revision's page, without what belongs to the issue as such: that and how it was sent."""
        page = super().with_content_json(content)
        page.sent_at, page.sent_hash, page.sent_vacancies = self.sent_at, self.sent_hash, self.sent_vacancies
        return page

    def copy(self, *args: Any, **kwargs: Any) -> Any:
        """Copy as a new issue: nothing has been sent of it, and its number is its own."""
        kwargs["exclude_fields"] = [
            *(kwargs.get("exclude_fields") or ()),
            "sent_at",
            "sent_hash",
            "sent_vacancies",
            "number",
        ]
        return super().copy(*args, **kwargs)

    @property
    def newsletter_page(self) -> NewsletterPage | None:
        """The newsletter this is an issue of; None for a page that is not in the tree yet."""
        if not self.path or self.depth < 2:  # noqa: PLR2004 (below the root and the newsletter at least)
            return None
        cached: NewsletterPage | None = self.__dict__.get("_newsletter_page")
        if cached is None:
            cached = (
                NewsletterPage.objects.filter(path=self.path[: -self.steplen]).select_related("mailing_list").first()
            )
            self.__dict__["_newsletter_page"] = cached
        return cached

    @property
    def subject_line(self) -> str:
        """The subject as an editor wrote it, with the newsletter's prefix; merge fields are still in braces."""
        prefix = self.newsletter_page.subject_prefix.strip() if self.newsletter_page else ""
        return f"{prefix} {self.subject.strip() or self.title}".strip()

    @property
    def number_line(self) -> str:
        """For example "Issue 12"; "" for an issue without a number."""
        return f"Issue {self.number}" if self.number else ""

    @property
    def card_date_text(self) -> str:
        """Number and date in one line."""
        return " · ".join(part for part in (self.number_line, self.when) if part)

    def document_body(self) -> str:
        """What everybody may read: sections for followers count only when they are in the archive."""
        return plain_text(self.body, only=set(self.body.stream_block.child_blocks) - {"topic_section"})

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the archive's view of the body and the issues before and after."""
        from newsletters.issues.archive import archive_context  # noqa: PLC0415 (the archive renders issues)

        context = super().get_context(request, *args, **kwargs)
        context.update(archive_context(self))
        return context

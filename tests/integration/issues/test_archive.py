"""The archive: what everybody may read of an issue, with nobody's name in it, as it was sent."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from newsletters.issues.models import IssuePage, NewsletterIndexPage
from newsletters.issues.selectors import issue_draft
from newsletters.issues.services import compile_issue, mark_issue_sent
from tests.factories.issues import IssuePageFactory, NewsletterPageFactory
from tests.factories.pages import VacancyPageFactory

pytestmark = pytest.mark.django_db


def text_of(client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(BeautifulSoup(response.content, "html.parser").find("main").get_text(" ").split())


def send_out(issue: IssuePage, at=None) -> IssuePage:
    draft = issue_draft(IssuePage.objects.get(pk=issue.pk))
    at = at or timezone.now()
    mark_issue_sent(issue=IssuePage.objects.get(pk=issue.pk), compiled=compile_issue(issue=draft, at=at), at=at)
    return IssuePage.objects.get(pk=issue.pk)


def test_a_draft_is_not_in_the_archive_and_a_sent_issue_is(client, issue, newsletter) -> None:
    assert client.get(issue.path_on_site).status_code == 404
    assert "What carried the others" not in text_of(client, newsletter.path_on_site)
    send_out(issue)
    assert "What carried the others" in text_of(client, issue.path_on_site)
    assert "What carried the others" in text_of(client, newsletter.path_on_site)
    assert "What carried the others" in text_of(client, "/newsletters/")


def test_the_archive_has_the_blocks_but_no_merge_values_and_no_followers_sections(client, issue) -> None:
    text = text_of(client, send_out(issue).path_on_site)
    assert "The relationships that recovery runs on" in text
    assert "See you, friend." in text
    assert "{{" not in text
    assert "Dear" not in text
    assert "For followers only." not in text
    assert "Unsubscribe" not in text


def test_a_section_marked_public_is_in_the_archive(client, issue) -> None:
    draft = issue_draft(issue)
    draft.body[2].value["in_archive"] = True
    draft.save_revision()
    assert "For followers only." in text_of(client, send_out(issue).path_on_site)


def test_what_search_reads_of_an_issue_is_what_everybody_may_read(issue) -> None:
    body = issue.document_body()
    assert "See you" in body
    assert "For followers only" not in body


def test_issues_lead_to_the_one_before_and_the_one_after(client, newsletter) -> None:
    first, second, third = (
        IssuePageFactory(parent=newsletter, title=f"Number {n}", slug=f"n{n}", published_on=date(2026, n, 1))
        for n in (1, 2, 3)
    )
    soup = BeautifulSoup(client.get(second.path_on_site).content, "html.parser")
    assert soup.find("a", rel="prev")["href"] == first.path_on_site
    assert soup.find("a", rel="next")["href"] == third.path_on_site
    assert BeautifulSoup(client.get(first.path_on_site).content, "html.parser").find("a", rel="prev") is None
    assert BeautifulSoup(client.get(third.path_on_site).content, "html.parser").find("a", rel="next") is None


def test_newsletters_are_apart_from_one_another(client, newsletter) -> None:
    other = NewsletterPageFactory(title="Another", slug="another")
    IssuePageFactory(parent=other, title="Theirs", slug="theirs")
    IssuePageFactory(parent=newsletter, title="Ours", slug="ours")
    assert "Theirs" not in text_of(client, newsletter.path_on_site)
    index = NewsletterIndexPage.objects.get()
    latest = {page.title: page.latest_issue.title for page in index.newsletters()}
    assert latest == {"The monthly round": "Ours", "Another": "Theirs"}


def test_a_newsletter_page_has_its_sign_up(client, newsletter) -> None:
    soup = BeautifulSoup(client.get(newsletter.path_on_site).content, "html.parser")
    assert soup.find("input", attrs={"name": "lists"})["value"] == newsletter.mailing_list.slug


def test_a_sent_issue_keeps_its_vacancies_and_says_which_have_closed(client, newsletter) -> None:
    now = timezone.now()
    vacancy = VacancyPageFactory(title="Evaluation lead", closes_at=now + timedelta(days=2))
    block = {"title": "Work with us", "pages": [], "all_open": True, "limit": 6}
    issue = IssuePageFactory(parent=newsletter, slug="jobs", live=False, body=[("vacancies", block)])
    issue.save_revision()
    sent = send_out(issue, at=now)
    vacancy.closes_at = now - timedelta(seconds=1)
    vacancy.save()
    VacancyPageFactory(title="Came later")
    text = text_of(client, sent.path_on_site)
    assert "Evaluation lead" in text
    assert "Closed" in text
    assert "Came later" not in text


def test_sending_publishes_the_revision_that_was_compiled_and_keeps_a_newer_draft(client, issue) -> None:
    compiled = compile_issue(issue=issue_draft(issue))
    newer = issue_draft(issue)
    newer.title = "Work in progress"
    newer.save_revision()
    at = timezone.now()
    mark_issue_sent(issue=IssuePage.objects.get(pk=issue.pk), compiled=compiled, at=at)
    issue = IssuePage.objects.get(pk=issue.pk)
    assert issue.live
    assert issue.title == "What carried the others"
    assert issue.sent_at == at
    assert issue.sent_hash == compiled.content_hash
    assert issue_draft(issue).title == "Work in progress"
    assert issue_draft(issue).sent_at == at


def test_being_marked_twice_changes_nothing(issue) -> None:
    sent = send_out(issue)
    revisions = sent.revisions.count()
    again = send_out(sent, at=timezone.now() + timedelta(days=1))
    assert again.sent_at == sent.sent_at
    assert again.revisions.count() == revisions


def test_an_issue_without_a_date_gets_the_day_it_was_sent(newsletter) -> None:
    issue = IssuePageFactory(parent=newsletter, live=False, published_on=None, body=[("text", "<p>x</p>")])
    issue.save_revision()
    at = timezone.now()
    assert send_out(issue, at=at).published_on == timezone.localdate(at)


def test_later_editing_does_not_undo_that_it_was_sent(issue) -> None:
    sent = send_out(issue)
    draft = issue_draft(sent)
    draft.summary = "Corrected."
    draft.save_revision().publish()
    again = IssuePage.objects.get(pk=issue.pk)
    assert again.summary == "Corrected."
    assert again.sent_at == sent.sent_at


def test_a_copy_is_a_new_issue(newsletter, issue) -> None:
    sent = send_out(issue)
    copy = sent.copy(update_attrs={"slug": "two", "title": "Two"})
    assert copy.sent_at is None
    assert copy.sent_hash == ""
    assert copy.number == sent.number + 1


def test_numbers_count_up_and_are_not_given_twice(newsletter) -> None:
    from django.core.exceptions import ValidationError

    first, second = IssuePageFactory(parent=newsletter), IssuePageFactory(parent=newsletter)
    assert (first.number, second.number) == (1, 2)
    second.number = 1
    with pytest.raises(ValidationError, match="Issue 1 of this newsletter exists already"):
        second.full_clean()
    assert IssuePageFactory(parent=NewsletterPageFactory()).number == 1


def test_archive_pages_stay_within_the_query_budget(client, newsletter, issue, django_assert_max_num_queries) -> None:
    sent = send_out(issue)
    for n in range(6):
        IssuePageFactory(parent=newsletter, slug=f"n{n}")
    for path in (sent.path_on_site, newsletter.path_on_site, "/newsletters/"):
        client.get(path)
        with django_assert_max_num_queries(10):
            assert client.get(path).status_code == 200


def test_the_archive_is_served_under_the_sites_strict_policy(client, issue) -> None:
    policy = client.get(send_out(issue).path_on_site)["Content-Security-Policy"]
    assert "unsafe-inline" not in policy

"""Vacancies in the words of the site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from content.vacancies import selectors, wording

if TYPE_CHECKING:
    from datetime import datetime

register = template.Library()


@register.simple_tag
def open_vacancy_count() -> int:
    """How many vacancies are open now."""
    return selectors.open_vacancy_count()


@register.simple_tag
def vacancies_sentence(text: str, text_when_none: str) -> str:
    """The sentence of the panel "Work with us", with the number of open vacancies in words."""
    number = selectors.open_vacancy_count()
    if number == 0:
        return text_when_none or "No role is open at the moment."
    return wording.count_in_words(text or "{count} roles are open.", number)


@register.filter
def closing_in_words(closes_at: datetime) -> str:
    """When a vacancy closes, in words."""
    return wording.closing_in_words(closes_at)


@register.filter
def closes_soon(closes_at: datetime) -> bool:
    """Whether less than a week is left."""
    return wording.closes_soon(closes_at)


@register.filter
def number_in_words(number: int) -> str:
    """The number as a word."""
    return wording.number_in_words(number)

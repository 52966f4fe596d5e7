"""Lists page by page, by `?page=`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.core.paginator import Page, Paginator
from django.http import Http404

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

CARDS_A_PAGE = 24
_NUMBER = re.compile(r"[1-9][0-9]{0,6}")


def one_page(items: QuerySet[Any], request: HttpRequest, size: int = CARDS_A_PAGE) -> Page[Any]:
    """The page of a list that the request asks for, the first where it asks for none.

    Raises:
        Http404: there is no such page; so crawlers stop.
    """
    wanted = request.GET.get("page", "1")
    paginator = Paginator(items, size)
    if not _NUMBER.fullmatch(wanted) or int(wanted) > paginator.num_pages:
        raise Http404
    return paginator.page(int(wanted))

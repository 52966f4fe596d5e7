"""Synonyms and best bets in the admin, each with a preview of what saving it would do."""

from __future__ import annotations

from typing import Any, ClassVar

from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.generic import CreateView
from wagtail.admin.viewsets.model import ModelViewSet

from search.models import BestBet, SynonymGroup
from search.query import LONGEST_TEXT, clean_text

MENU_HOOK = "register_search_menu_item"


class FromQueryCreateView(CreateView):
    """Begins with the query that an editor came from: one click from "found nothing" to a remedy."""

    def get_initial_form_instance(self) -> Any:
        """Put the query into the first line."""
        text = clean_text(self.request.GET.get("query", ""), limit=LONGEST_TEXT)
        if not text:
            return super().get_initial_form_instance()
        field = "phrases" if self.model is SynonymGroup else "queries"
        return self.model(**{field: f"{text}\n"})


class DeskViewSet(ModelViewSet):
    """What both have in common."""

    add_to_admin_menu = True
    menu_hook = MENU_HOOK
    copy_view_enabled = False
    add_view_class = FromQueryCreateView
    search_backend_name = None
    preview = ""

    @property
    def create_template_name(self) -> str:
        """Wagtail's form with a button for the preview."""
        return f"admin/search/{self.preview}_form.html"

    @property
    def edit_template_name(self) -> str:
        """As for adding."""
        return f"admin/search/{self.preview}_form.html"


class SynonymViewSet(DeskViewSet):
    """Groups of words that readers use for the same thing."""

    model = SynonymGroup
    icon = "list-ul"
    menu_label = "Synonyms"
    menu_order = 200
    preview = "synonyms"
    search_fields: ClassVar = ["phrases"]
    list_display: ClassVar = [
        "__str__",
        Column("size", label="Words and phrases", accessor=lambda group: len(group.as_list())),
    ]


class BestBetViewSet(DeskViewSet):
    """Pages put first for certain searches."""

    model = BestBet
    icon = "pick"
    menu_label = "Best bets"
    menu_order = 300
    preview = "best_bets"
    search_fields: ClassVar = ["queries"]
    list_display: ClassVar = [
        "__str__",
        DateColumn("starts_at", label="From"),
        DateColumn("ends_at", label="Until"),
        Column("state", label="Now", accessor="state"),
    ]


SYNONYMS = SynonymViewSet("search_synonyms")
BEST_BETS = BestBetViewSet("search_best_bets")

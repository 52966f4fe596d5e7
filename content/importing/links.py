"""Where a link of the source leads on the new site: looked up in the plan, never guessed."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urlsplit

from content.importing.addresses import normal_address
from content.importing.bodies import Link
from content.importing.findings import What
from content.importing.plan import MEDIA, SNIPPETS

if TYPE_CHECKING:
    from collections.abc import Mapping as Table

    from content.importing.mapping import Mapping
    from content.importing.plan import Plan, Planned

MAX_HOPS = 5


class PlanResolver:
    """Resolves the links of one file; `page_ids` are the primary keys of the pages that are made so far."""

    def __init__(
        self,
        *,
        item: Planned,
        plan: Plan,
        mapping: Mapping,
        page_ids: Table[str, int],
        media_ids: Table[str, int] | None = None,
    ) -> None:
        self.item, self.plan, self.mapping, self.page_ids = item, plan, mapping, page_ids
        self.media_ids = media_ids or {}

    def resolve(self, target: str, *, code: bool) -> Link:
        """Resolve a target as written in the body."""
        return self._resolve(target.strip(), code=code, hops=0)

    def _resolve(self, target: str, *, code: bool, hops: int) -> Link:
        if target.startswith("#") or not target:
            return Link(href=target if target != "#" else "")
        bare, fragment = urldefrag(target)
        parts = urlsplit(bare)
        if parts.scheme in {"http", "https"} or bare.startswith("//"):
            return self._outside(target, parts.netloc.lower(), fragment, hops)
        if parts.scheme:
            return Link(href=target)
        if path := self.find(bare):
            return self._to(path, fragment, hops)
        if not code and self.mapping.origin and bare.startswith("/"):
            return Link(href=self.mapping.origin + target, finding=What.LINK_OUT)
        return Link(finding=What.LINK)

    def _outside(self, target: str, host: str, fragment: str, hops: int) -> Link:
        if host.partition(":")[0] not in self.mapping.hosts:
            return Link(href=target)
        address = normal_address(target)
        if path := self.plan.by_address.get(address):
            return self._to(path, fragment, hops)
        return Link(href="/") if address == "/" else Link(href=target, finding=What.LINK_OUT)

    def find(self, target: str) -> str:
        """The source path that a name, a relative or a rooted path, or an old address stands for; "" for none."""
        known = self.plan.by_path
        bare = urlsplit(target).path
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(self.item.path), bare))
        if path := self.media(bare, beside):
            return path
        for base in dict.fromkeys((bare.strip("/"), beside.strip("/") if not bare.startswith("/") else "")):
            for path in (base, f"{base}.md", f"{base}/_index.md", f"{base}/index.md"):
                if base and path in known:
                    return path
        if old := self.plan.by_address.get(normal_address(bare)):
            return old
        name = PurePosixPath(bare).name
        if name and "/" not in bare.strip("/"):
            same = self.plan.by_name.get(name) or self.plan.by_name.get(f"{name}.md") or []
            if len(same) == 1:
                return same[0]
        return ""

    def media(self, bare: str, beside: str) -> str:
        """The source path of an image or document: rooted in a folder of files, beside the page, or by itself."""
        folders = [f"{folder.strip('/')}/" for folder in self.mapping.assets]
        for path in (beside, bare.strip("/"), *(folder + bare.strip("/") for folder in folders)):
            if path in self.plan.by_path and self.plan.by_path[path].kind in MEDIA:
                return path
        return ""

    def picture(self, source: str) -> int | None:
        """The imported image that a source names; None where its file is not there."""
        path = self.find(unquote(urlsplit(source).path)) if source else ""
        is_image = path in self.plan.by_path and self.plan.by_path[path].kind == "image"
        return self.media_ids.get(path) if is_image else None

    def _to(self, path: str, fragment: str, hops: int) -> Link:
        found = self.plan.by_path[path]
        if found.kind == "redirect":
            if not found.target or hops >= MAX_HOPS:
                return Link(finding=What.LINK)
            return self._resolve(found.target, code=False, hops=hops + 1)
        if found.kind in MEDIA:
            document = self.media_ids.get(path) if found.kind == "document" else None
            return Link(document=document, finding=None if document else What.LINK)
        return Link(href=found.address) if found.kind in SNIPPETS else self._to_page(found, fragment)

    def _to_page(self, found: Planned, fragment: str) -> Link:
        if found.path == self.item.path and fragment:
            return Link(href=f"#{fragment}")
        if found.path in self.page_ids:
            return Link(page=self.page_ids[found.path], fragment="" if fragment == "content-start" else fragment)
        return Link(href=found.address, waiting="" if found.kind == "section" else found.path)

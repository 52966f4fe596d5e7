"""Where a link of the source leads on the new site: looked up in the plan, never guessed."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urlsplit

from content.importing.addresses import normal_address
from content.importing.bodies import Link
from content.importing.findings import What
from content.importing.plan import SNIPPETS

if TYPE_CHECKING:
    from collections.abc import Mapping as Table

    from content.importing.mapping import Mapping
    from content.importing.plan import Plan, Planned

MAX_HOPS = 5


class PlanResolver:
    """Resolves the links of one file; `page_ids` are the primary keys of the pages that are made so far."""

    def __init__(self, *, item: Planned, plan: Plan, mapping: Mapping, page_ids: Table[str, int]) -> None:
        self.item, self.plan, self.mapping, self.page_ids = item, plan, mapping, page_ids

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

    def _to(self, path: str, fragment: str, hops: int) -> Link:
        found = self.plan.by_path[path]
        if found.kind == "redirect":
            if not found.target or hops >= MAX_HOPS:
                return Link(finding=What.LINK)
            return self._resolve(found.target, code=False, hops=hops + 1)
        if found.kind in SNIPPETS:
            return Link(href=found.address)
        if path == self.item.path and fragment:
            return Link(href=f"#{fragment}")
        fragment = "" if fragment == "content-start" else fragment
        if path in self.page_ids:
            return Link(page=self.page_ids[path], fragment=fragment)
        return Link(href=found.address, waiting="" if found.kind == "section" else path)

"""The Elasticsearch engine as a whole: generations, writes and reports; the modules beside it answer questions.

A generation is a physical index; three aliases say which is live, which is building and which was live before. Aliases
are read anew for every batch of writes, and every call is given the physical index: no name is kept on a class.
"""

from __future__ import annotations

import json
import secrets
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from elasticsearch import ApiError, NotFoundError

from search.engines.base import Engine, EngineUnavailable, NoIndex, Status, Stored
from search.engines.elasticsearch import neighbours, searching
from search.engines.elasticsearch.connection import ATTEMPTS, PASSING, Connection, pause
from search.engines.elasticsearch.schema import SCHEMA, index_mapping, index_settings, source_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from elasticsearch import Elasticsearch

    from search.engines.base import Described, Neighbour, Suggestion, Write
    from search.query import Found, SearchQuery

STORED_A_PAGE = 1_000
# Below the server's default limit of 100 MB a request, and small enough for its write queue.
BULK_BYTES = 4_000_000
CONFLICT = 409
MISSING = 404
_ROLES = ("live", "building", "previous")


class ElasticsearchEngine(Engine):
    """Full-text search on a server of version 8 (9 by its compatibility headers, untried)."""

    name = "elasticsearch"

    def __init__(self, *, url: str, prefix: str) -> None:
        """Keep indices whose names begin with `prefix` on the server at `url`; nothing is sent yet."""
        self.prefix = prefix
        self.connection = Connection(url)

    def _alias(self, role: str) -> str:
        # A dot, which no prefix holds: "courant" and "courant-test" on one cluster stay apart.
        return f"{self.prefix}.{role}"

    def _indices(self, client: Elasticsearch) -> dict[str, str]:
        """Return the physical index of each role, as it is now."""
        try:
            answer = client.indices.get_alias(name=f"{self.prefix}.*").body
        except NotFoundError:
            return {}
        found: dict[str, str] = {}
        for index, entry in answer.items():
            for role in _ROLES:
                if self._alias(role) in entry["aliases"]:
                    found[role] = index
        return found

    def live_generation(self) -> str:
        """Return the physical index that readers see."""
        return self.connection.retried(self._indices).get("live", "")

    def _live(self, client: Elasticsearch) -> str:
        live = self._indices(client).get("live")
        if live is None:
            raise NoIndex("there is no search index yet")
        return live

    def write(self, writes: Sequence[Write]) -> dict[str, str]:
        """Write to the live index and to the one that is building."""
        indices = self.connection.retried(self._indices)
        targets = [indices[role] for role in ("live", "building") if role in indices]
        return self._bulk(writes, targets, may_vanish=indices.get("building", ""))

    def write_building(self, writes: Sequence[Write]) -> dict[str, str]:
        """Write only to the index that is building."""
        indices = self.connection.retried(self._indices)
        if "building" not in indices:
            raise LookupError("no generation of the search index is being built")
        return self._bulk(writes, [indices["building"]], may_vanish="")

    def begin_write_building(self, writes: Sequence[Write]) -> Callable[[], dict[str, str]]:
        """Send the writes on a thread of their own: the server works while the caller makes the next documents."""
        future: Future[dict[str, str]] = Future()

        def send() -> None:
            try:
                future.set_result(self.write_building(writes))
            except BaseException as error:  # noqa: BLE001 (raised where the answer is waited for)
                future.set_exception(error)

        threading.Thread(target=send, name="search-rebuild", daemon=True).start()
        return future.result

    def _bulk(self, writes: Sequence[Write], targets: Sequence[str], *, may_vanish: str) -> dict[str, str]:
        """Send writes in pieces; return what the server will never take, by key, with its reason."""
        refused: dict[str, str] = {}
        lines: list[tuple[str, str, bytes]] = []
        size = 0
        for write in writes:
            source = json.dumps(source_of(write), ensure_ascii=False)
            for index in targets:
                action = {"index": {"_index": index, "_id": write.key, "version": write.version}}
                action["index"]["version_type"] = "external_gte"
                line = f"{json.dumps(action)}\n{source}\n".encode()
                if lines and size + len(line) > BULK_BYTES:
                    refused |= self._send(lines, may_vanish)
                    lines, size = [], 0
                lines.append((write.key, index, line))
                size += len(line)
        if lines:
            refused |= self._send(lines, may_vanish)
        return refused

    def _send(self, lines: Sequence[tuple[str, str, bytes]], may_vanish: str) -> dict[str, str]:
        refused: dict[str, str] = {}
        waiting = list(lines)
        for attempt in range(1, ATTEMPTS + 1):
            body = b"".join(line for _, _, line in waiting)
            answer = self.connection.retried(
                lambda client, body=body: client.perform_request(  # type: ignore[misc]
                    "POST",
                    "/_bulk",
                    headers={"content-type": "application/x-ndjson", "accept": "application/json"},
                    body=body,
                )
            ).body
            again: list[tuple[str, str, bytes]] = []
            reason = ""
            for item, line in zip(answer["items"], waiting, strict=True):
                status, error = item["index"]["status"], item["index"].get("error") or {}
                key, index, _ = line
                if status in PASSING:
                    again.append(line)
                    reason = str(error.get("reason", status))
                elif status in {401, 403} or (status == MISSING and index != may_vanish):
                    msg = f"Elasticsearch takes no writes: {error.get('reason', status)}"
                    raise EngineUnavailable(msg)
                elif error and status not in {CONFLICT, MISSING}:
                    refused[key] = str(error.get("reason", status))
            if not again:
                return refused
            waiting = again
            if attempt < ATTEMPTS:
                pause(attempt)
        msg = f"Elasticsearch turned away {len(waiting)} writes: {reason}"
        raise EngineUnavailable(msg)

    def begin_generation(self) -> str:
        """Create a new physical index, dropping one that was left building."""
        name = f"{self.prefix}.{timezone.now():%Y%m%d%H%M%S}-{secrets.token_hex(3)}"

        def begin(client: Elasticsearch) -> None:
            # A write to an index that has just been dropped must fail, not make an index with guessed fields.
            client.indices.put_index_template(
                name=self.prefix,
                index_patterns=[f"{self.prefix}.*"],
                allow_auto_create=False,
                priority=500,
                template={},
            )
            roles = self._indices(client)
            kept = {roles.get("live"), roles.get("previous")}
            # Left building, or without a role since somebody took an alias away.
            left = [index for index in client.indices.get(index=f"{self.prefix}.*").body if index not in kept]
            if left:
                client.indices.delete(index=left, ignore_unavailable=True)
            client.indices.create(
                index=name,
                mappings=index_mapping().to_dict(),
                settings=index_settings(),
                aliases={self._alias("building"): {}},
                wait_for_active_shards="1",
            )

        self.connection.retried(begin)
        return name

    def promote_generation(self, name: str) -> None:
        """Move the aliases in one call; the index before stays for going back, the one before that goes."""

        def promote(client: Elasticsearch) -> None:
            indices = self._indices(client)
            if indices.get("live") == name:
                return  # the answer to the first attempt was lost
            if indices.get("building") != name:
                msg = f"generation {name} is not being built"
                raise LookupError(msg)
            client.indices.put_settings(index=name, settings={"refresh_interval": "1s"})
            client.indices.refresh(index=name)
            actions: list[Mapping[str, Any]] = [
                self._removal(name, "building"),
                {"add": {"index": name, "alias": self._alias("live")}},
            ]
            if "live" in indices:
                actions += [
                    self._removal(indices["live"], "live"),
                    {"add": {"index": indices["live"], "alias": self._alias("previous")}},
                ]
            if "previous" in indices:
                actions.append({"remove_index": {"index": indices["previous"]}})
            client.indices.update_aliases(actions=actions)

        self.connection.retried(promote)

    def _removal(self, index: str, role: str) -> dict[str, Any]:
        """Return the step that takes a role from an index; the whole call fails if another process has done so."""
        return {"remove": {"index": index, "alias": self._alias(role), "must_exist": True}}

    def drop_generation(self, name: str) -> None:
        """Delete a physical index that is not live."""

        def drop(client: Elasticsearch) -> None:
            if self._indices(client).get("live") == name:
                msg = f"generation {name} is live; build another first"
                raise LookupError(msg)
            client.indices.delete(index=name, ignore_unavailable=True)

        self.connection.retried(drop)

    def restore_generation(self) -> str:
        """Swap the live index with the one before it, in one call."""
        before = self.connection.retried(self._indices)
        if "previous" not in before:
            raise LookupError("there is no earlier generation of the search index")
        live, previous = before["live"], before["previous"]

        def restore(client: Elasticsearch) -> str:
            if self._indices(client).get("live") == previous:
                return previous  # the answer to the first attempt was lost
            client.indices.update_aliases(
                actions=[
                    self._removal(live, "live"),
                    self._removal(previous, "previous"),
                    {"add": {"index": previous, "alias": self._alias("live")}},
                    {"add": {"index": live, "alias": self._alias("previous")}},
                ]
            )
            return previous

        return self.connection.retried(restore)

    def status(self) -> Status:
        """Report the indices, what the live one holds, and what stands in its way."""

        def look(client: Elasticsearch) -> Status:
            indices = self._indices(client)
            live = indices.get("live", "")
            problems: list[str] = []
            documents = size = 0
            if live:
                documents = client.count(index=live, query={"term": {"deleted": False}}).body["count"]
                size = client.indices.stats(index=live, metric="store").body["_all"]["total"]["store"]["size_in_bytes"]
                problems = _problems(client, live)
            else:
                problems.append("there is no index yet")
            return Status(
                engine=self.name,
                live=live,
                building=indices.get("building", ""),
                previous=indices.get("previous", ""),
                documents=documents,
                bytes=size,
                problems=tuple(problems),
            )

        return self.connection.once(look)

    def stored(self, *, building: bool = False, keys: Sequence[str] | None = None) -> Iterator[Stored]:
        """Go through an index in the order of its keys, or through some of them."""
        role = "building" if building else "live"
        index = self.connection.retried(self._indices).get(role)
        if index is None:
            return
        self.connection.retried(lambda client: client.indices.refresh(index=index))
        if keys is not None:
            for start in range(0, len(keys), STORED_A_PAGE):
                yield from self._stored_page(
                    index, {"ids": {"values": list(keys[start : start + STORED_A_PAGE])}}, None
                )
            return
        after: list[str] | None = None
        while page := self._stored_page(index, {"match_all": {}}, after):
            yield from page
            after = [page[-1].key]

    def _stored_page(self, index: str, query: dict[str, Any], after: list[str] | None) -> list[Stored]:
        answer = self.connection.retried(
            lambda client: client.search(
                index=index,
                query=query,
                size=STORED_A_PAGE,
                sort=[{"key": "asc"}],
                search_after=after,
                source_includes=["fingerprint"],
                version=True,
                track_total_hits=False,
            )
        ).body
        return [Stored(hit["_id"], hit["_version"], hit["_source"]["fingerprint"]) for hit in answer["hits"]["hits"]]

    def search(self, query: SearchQuery) -> Found:
        """Answer a query from the live index."""
        return self.connection.ask(lambda client: searching.search(client, self._alias("live"), query))

    def corrections(self, words: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the nearest spellings of words that no document holds."""
        return self.connection.ask(lambda client: searching.corrections(client, self._alias("live"), words))

    def suggestions(self, words: Sequence[str], *, at: datetime, limit: int) -> list[Suggestion]:
        """Return the documents whose title goes on as typed."""
        return self.connection.ask(
            lambda client: searching.suggestions(client, self._alias("live"), words, at=at, limit=limit)
        )

    def neighbours(self, key: str, *, at: datetime, limit: int) -> list[Neighbour]:
        """Find the documents whose words are closest."""
        return self.connection.retried(
            lambda client: neighbours.neighbours(client, self._live(client), key, at=at, limit=limit)
        )

    def described(self, keys: Sequence[str]) -> dict[str, Described]:
        """Return what is stored of these keys."""
        return self.connection.retried(lambda client: neighbours.described(client, self._live(client), keys))

    def texts(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the whole texts of documents that take part in related lists."""
        return self.connection.retried(lambda client: neighbours.texts(client, self._live(client), keys))

    def newest(self, *, topics: Sequence[int], at: datetime, limit: int) -> list[str]:
        """Return the newest documents that take part in related lists."""
        return self.connection.retried(
            lambda client: neighbours.newest(client, self._live(client), topics=topics, at=at, limit=limit)
        )

    def refresh(self) -> None:
        """Make what was written findable at once."""

        def refresh(client: Elasticsearch) -> None:
            indices = self._indices(client)
            targets = [indices[role] for role in ("live", "building") if role in indices]
            if targets:
                client.indices.refresh(index=",".join(targets))

        self.connection.retried(refresh)

    def remove_everything(self) -> None:
        """Delete every index of this prefix and its template; for tests and measurements."""

        def remove(client: Elasticsearch) -> None:
            names = list(client.indices.get(index=f"{self.prefix}.*").body)
            if names:
                client.indices.delete(index=",".join(names))
            client.options(ignore_status=MISSING).indices.delete_index_template(name=self.prefix)

        self.connection.retried(remove)

    def close(self) -> None:
        """Close the connections."""
        self.connection.close()


def _problems(client: Elasticsearch, live: str) -> list[str]:
    problems = []
    try:
        health = client.cluster.health(index=live).body["status"]
        if health == "red":
            problems.append("the live index is red: a part of it is not available")
        settings = client.indices.get_settings(index=live).body[live]["settings"]["index"]
        blocks = [name for name, value in (settings.get("blocks") or {}).items() if str(value) == "true"]
        if blocks:
            problems.append(f"the live index takes no writes ({', '.join(blocks)}): often a disk that is full")
        mapping = client.indices.get_mapping(index=live).body[live]["mappings"]
        if (mapping.get("_meta") or {}).get("schema") != SCHEMA or _types(mapping) != _types(index_mapping().to_dict()):
            problems.append("the live index has another form than this version wants: run search_index rebuild")
    except ApiError as error:
        problems.append(f"the cluster says {error.status_code} ({error.error})")
    return problems


def _types(mapping: dict[str, Any]) -> dict[str, str]:
    return {name: field["type"] for name, field in mapping.get("properties", {}).items()}

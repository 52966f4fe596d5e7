"""The connections to one relay: as many as there is work for, and fewer while it gives trouble."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from newsletters.delivery.smtp.conversation import Conversation
from newsletters.transport.routes import ConnectionTrouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletters.delivery.configuration import DeliveryConfiguration
    from newsletters.delivery.sending.desk import SendingDesk
    from newsletters.transport.smtp import SmtpRoute

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 15.0
PATIENCE: Final = 20.0
"""Seconds of unbroken trouble after which a sender ends and leaves the next try to the sweep."""

log = structlog.get_logger(__name__)


class Relay:
    """Opens, feeds and closes connections, and backs off when the relay is in trouble."""

    def __init__(
        self,
        *,
        route: SmtpRoute,
        configuration: DeliveryConfiguration,
        wake: Callable[[], None],
        note_trouble: Callable[[str], None],
    ) -> None:
        """`note_trouble` shows an operator what is wrong, "" when it is over."""
        self.route = route
        self.conversations: set[Conversation] = set()
        self.desk: SendingDesk | None = None
        self._configuration = configuration
        self._wake = wake
        self._report = note_trouble
        self._opening: set[asyncio.Task[None]] = set()
        self._pause = FIRST_PAUSE
        self._blocked_until = 0.0
        self._trouble_since: float | None = None
        self._is_ending = False
        self._has_worked = False

    @property
    def carries(self) -> int:
        """Messages that are on a connection in any stage."""
        return sum(conversation.carries for conversation in self.conversations)

    @property
    def is_quiet(self) -> bool:
        """Whether there is no connection left to wait for."""
        return not self.conversations

    def is_hopeless(self, now: float) -> bool:
        """Whether it has given nothing but trouble for longer than a sender waits."""
        return self._trouble_since is not None and now - self._trouble_since > PATIENCE and not self.carries

    def rest(self, now: float) -> float:
        """Seconds for which the relay asked to be left alone; SMTP has no word for that."""
        del now
        return 0.0

    def spread(self, desk: SendingDesk, now: float) -> None:
        """Give idle connections work and open more while there is work for them."""
        self.desk = desk
        for conversation in tuple(self.conversations):
            if not desk.granted:
                break
            conversation.offer()
        most = self._configuration.connections
        wanted = min(desk.waiting, most)
        if now < self._blocked_until or not wanted:
            return
        if self._trouble_since is not None:
            # One connection tries the door; the others wait for it to open.
            wanted = 1
        if desk.returned and len(self.conversations) >= most:
            idle = next((each for each in self.conversations if each.is_idle), None)
            if idle is not None:
                idle.end()
        room = most - len(self.conversations) - len(self._opening)
        for _ in range(min(wanted - len(self._opening), room)):
            task = asyncio.ensure_future(self._open(desk))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    def time_out(self, now: float) -> None:
        """Give up connections on which an answer is overdue."""
        for conversation in tuple(self.conversations):
            if now > conversation.deadline:
                conversation.abandon("the relay did not answer in time")

    def end(self) -> None:
        """Send nothing more; what is out already is waited for."""
        self._is_ending = True
        for conversation in tuple(self.conversations):
            conversation.end()

    def abandon(self, reason: str) -> None:
        """Close everything at once."""
        self._is_ending = True
        for task in self._opening:
            task.cancel()
        for conversation in tuple(self.conversations):
            conversation.abandon(reason)

    def note_answer(self) -> None:
        """Take note that the relay works; reported the first time too, since an earlier sender may have had trouble."""
        if self._trouble_since is not None or not self._has_worked:
            self._trouble_since, self._pause, self._has_worked = None, FIRST_PAUSE, True
            self._report("")

    def closed(self, conversation: Conversation, trouble: ConnectionTrouble | None) -> None:
        """Forget a connection."""
        self.conversations.discard(conversation)
        if trouble is not None:
            self._note_trouble(trouble)
        self._wake()

    async def _open(self, desk: SendingDesk) -> None:
        conversation = Conversation(
            route=self.route,
            desk=desk,
            closed=self.closed,
            most=self._configuration.messages_a_connection,
            timeouts=(self._configuration.command_timeout, self._configuration.data_timeout),
        )
        try:
            await conversation.open(self._configuration.connect_timeout)
        except ConnectionTrouble as trouble:
            self._note_trouble(trouble)
            self._wake()
            return
        self.conversations.add(conversation)
        if self._is_ending:
            conversation.end()
        else:
            conversation.offer()

    def _note_trouble(self, trouble: ConnectionTrouble) -> None:
        now = asyncio.get_running_loop().time()
        if self._trouble_since is None:
            self._trouble_since = now
        self._blocked_until = now + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        log.warning("relay trouble", route=self.route.name, stage=str(trouble.stage), code=trouble.code)
        self._report(f"{trouble.code or ''} {trouble.reply}".strip() or "the relay does not answer")

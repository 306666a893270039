"""What is said to the robot."""

from __future__ import annotations

import structlog

from adapters.chat import Reply, Said, Unreadable
from adapters.dingtalk import decode
from adapters.dingtalk.desk import Desk
from adapters.dingtalk.payload import Undecodable, json_object
from adapters.dingtalk.remembering import Remembering
from adapters.dingtalk.sdk import AckMessage, CallbackMessage, QuietCallbacks
from adapters.fit import fit

log = structlog.get_logger(__name__)


class RobotMessages(QuietCallbacks):
    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._remembering = Remembering(desk)

    async def process(self, message: CallbackMessage) -> tuple[int, object]:
        """Lets what ``receive`` raises rise: then nothing is kept, and nothing is acknowledged."""
        try:
            data = json_object(message.data)
            incoming = decode.robot_message(data, self._desk.app)
        except Undecodable as error:
            log.warning("dingtalk message unreadable", why=str(error))
            return AckMessage.STATUS_BAD_REQUEST, None
        self._desk.crew.spawn(self._desk.platform.count_heard(), "dingtalk message counted")
        session = decode.session(data, incoming.place)
        if session:  # first, since effects of the message may need the way back at once
            await self._remembering.remember(session)
        self._reply(incoming, await self._desk.receive(incoming))
        return AckMessage.STATUS_OK, None

    def _reply(self, incoming: Said | Unreadable, reply: Reply) -> None:
        platform, place, key = self._desk.platform, incoming.place, f"reply:{incoming.id}"
        card = reply.card
        if card:
            self._desk.answer(lambda: platform.post(place, fit(card, platform.capabilities(place)), key=key))
        if reply.text:
            self._desk.answer(lambda: platform.say(place, reply.text, key=key))

"""What a running bot may ask for, and the answer with its number (§4.4)."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from adapters.emulator.wecom.aibot.book import Done
from adapters.emulator.wecom.aibot.connection import Connection, Frame, Health
from adapters.emulator.wecom.aibot.pushing import Pushing
from adapters.emulator.wecom.aibot.replying import Replying
from adapters.emulator.wecom.aibot.uploading import Uploading
from adapters.emulator.wecom.masking import masked
from adapters.emulator.wecom.refusal import Refusal, errmsg
from adapters.emulator.wecom.shape import Node
from adapters.emulator.wire import Passed

if TYPE_CHECKING:
    from adapters.emulator.wecom.aibot.bot import AiBot

NOT_SUBSCRIBED = 846609
CONFLICT = 6000
BAD_BOT_ID, BAD_SECRET = 93019, 853000
_TEXTS = {
    NOT_SUBSCRIBED: "websocket not subscribed",
    CONFLICT: "data version conflict",
    BAD_BOT_ID: "invalid bot_id",
    BAD_SECRET: "signature is incorrect",
}
Work = Callable[[str, Node], Mapping[str, Any]]


class Commands:
    def __init__(self, bot: AiBot) -> None:
        self._bot = bot
        replying, pushing, uploading = Replying(bot), Pushing(bot), Uploading(bot)
        self._works: Mapping[str, Work] = {
            "aibot_respond_msg": replying.message,
            "aibot_respond_welcome_msg": replying.welcome,
            "aibot_respond_update_msg": replying.update,
            "aibot_send_msg": pushing.send,
            "aibot_upload_media_init": uploading.init,
            "aibot_upload_media_chunk": uploading.chunk,
            "aibot_upload_media_finish": uploading.finish,
        }
        self.failing: defaultdict[str, deque[int]] = defaultdict(deque)  # cmd -> errcodes to come
        self.lost_acks = 0  # so many answers to come are not sent, though the work is done
        self.ack_delay = 0.0  # real seconds

    async def obey(self, connection: Connection, frame: Frame) -> None:
        cmd, req_id = str(frame.get("cmd", "")), str(frame.get("headers", {}).get("req_id", ""))
        if connection.health is Health.SILENT or (connection.health is Health.ZOMBIE and cmd != "ping"):
            return
        is_lost = self.lost_acks > 0 and cmd != "ping"
        self.lost_acks -= is_lost
        answer = self._answer(connection, cmd, req_id, frame.get("body"))
        connection.under_way.add(req_id)
        await asyncio.sleep(self.ack_delay)
        connection.under_way.discard(req_id)
        if not is_lost:
            await connection.write({"headers": {"req_id": req_id}, **answer})

    def _answer(self, connection: Connection, cmd: str, req_id: str, body: Any) -> Mapping[str, Any]:
        node = Node(body if isinstance(body, dict) else {}, "", report=self._bot.state.defect)
        try:
            answer = {"errcode": 0, "errmsg": "ok"} | self._carried_out(connection, cmd, req_id, node)
        except Refusal as refusal:
            text = _TEXTS.get(refusal.errcode, refusal.text)
            said = Refusal(refusal.errcode, text)
            answer = {"errcode": refusal.errcode, "errmsg": errmsg(said, self._bot.now(), "", bad_json=False)}
        if cmd != "ping":
            self._note(cmd, req_id, node.value, answer)
        return answer

    def _carried_out(self, connection: Connection, cmd: str, req_id: str, body: Node) -> dict[str, Any]:
        if not req_id:
            raise Refusal(40058, "headers.req_id missing. invalid Request Parameter")
        if req_id in connection.under_way:
            # Every acknowledgement of a callback's answers carries the same req_id: two under way can't be
            # told apart, hence both SDKs wait for one before they send the next.
            self._bot.state.defect(f"two frames of {req_id} under way")
            raise Refusal(CONFLICT)
        if cmd == "ping":
            return {}
        if self.failing[cmd]:
            raise Refusal(self.failing[cmd].popleft())
        if cmd == "aibot_subscribe":
            self._check_secret(body)
            self._bot.subscribed(connection)
            return {}
        if not connection.subscribed or connection.health is Health.FORGOTTEN:
            raise Refusal(NOT_SUBSCRIBED)
        if cmd not in self._works:
            raise Refusal(40058, f"cmd {cmd} unknown. invalid Request Parameter")
        body_out = self._works[cmd](req_id, body)
        return {"body": dict(body_out)} if body_out else {}

    def _check_secret(self, body: Node) -> None:
        limit = self._bot.switches.limits.subscribes_per_minute
        if not self._bot.state.per_minute.take("aibot subscribes", limit):
            raise Refusal(45009)
        if body.child("bot_id").text_or_nothing() != self._bot.bot_id:
            raise Refusal(BAD_BOT_ID)
        if body.child("secret").text_or_nothing() != self._bot.secret:
            raise Refusal(BAD_SECRET)

    def _note(self, cmd: str, req_id: str, body: Any, answer: Mapping[str, Any]) -> None:
        now = self._bot.now()
        self._bot.book.done.append(Done(now, cmd, req_id, body, answer["errcode"]))
        self._bot.state.wire.note(
            Passed(now, "wecom", False, f"WS {cmd}", masked(_short(body)), masked(dict(answer)))
        )


def _short(body: Any) -> Any:
    """A chunk of half a megabyte would fill the strip."""
    if "base64_data" in body:
        return body | {"base64_data": f"{len(body['base64_data'])} characters"}
    return body

"""A bot on the unmodified ``dingtalk-stream`` package. Runs as a process of its own (see sdk_processes.py)."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import dingtalk_stream
from dingtalk_stream import AckMessage

BUILTIN = "1366a1eb-bc54-4859-ac88-517c56a9acb1.schema"
BUTTONS = {"msgButtons": [{"text": "接单", "color": "blue", "id": "accept", "request": True}]}


class Talk(dingtalk_stream.ChatbotHandler):  # type: ignore[misc]
    async def process(self, callback: Any) -> tuple[int, str]:
        message = dingtalk_stream.ChatbotMessage.from_dict(callback.data)
        said = message.text.content.strip()
        self.reply_text(f"收到：{said}", message)
        if said == "卡片":
            variables = {"title": "T-1", "markdown": "待接单", "sys_full_json_obj": json.dumps(BUTTONS)}
            card = dingtalk_stream.CardReplier(self.dingtalk_client, message)
            await card.async_create_and_deliver_card(BUILTIN, variables)
        return AckMessage.STATUS_OK, "OK"


class Press(dingtalk_stream.CallbackHandler):  # type: ignore[misc]
    async def process(self, callback: Any) -> tuple[int, dict[str, Any]]:
        answer = {
            "cardUpdateOptions": {"updateCardDataByKey": True},
            "cardData": {"cardParamMap": {"markdown": f"{callback.data['userId']} 已接单"}},
        }
        return AckMessage.STATUS_OK, answer


class Events(dingtalk_stream.EventHandler):  # type: ignore[misc]
    async def process(self, event: Any) -> tuple[int, str]:
        return AckMessage.STATUS_OK, "OK"


client = dingtalk_stream.DingTalkStreamClient(dingtalk_stream.Credential(sys.argv[1], sys.argv[2]))
client.register_all_event_handler(Events())
client.register_callback_handler(dingtalk_stream.ChatbotMessage.TOPIC, Talk())
client.register_callback_handler("/v1.0/card/instances/callback", Press())
asyncio.run(client.start())

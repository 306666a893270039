"""A vendor in a process of its own that does nothing but pour: ``python -m tests.faults.flood FRAMES SECONDS``.

Prints its port. Whoever subscribes gets the frames evenly over the seconds, each tenth twice; whatever they say
is acknowledged. The emulator would do as well, but what it remembers of 20,000 messages would slow down the
very loop that is measured.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from aiohttp import WSMsgType, web


class Flood:
    def __init__(self, frames: int, seconds: float) -> None:
        self._frames, self._seconds = frames, seconds
        self._pouring: asyncio.Task[None] | None = None

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._hear(socket, json.loads(message.data))
        return socket

    async def _hear(self, socket: web.WebSocketResponse, frame: Any) -> None:
        await socket.send_json({"headers": frame["headers"], "errcode": 0, "errmsg": "ok"})
        if frame["cmd"] == "aibot_subscribe":
            self._pouring = asyncio.get_running_loop().create_task(self._pour(socket))

    async def _pour(self, socket: web.WebSocketResponse) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in range(self._frames):
            for again in range(1 + (number % 10 == 0)):
                await socket.send_str(_frame(number, again))
            if number % 20 == 0:
                await asyncio.sleep(max(0.0, began + self._seconds * number / self._frames - loop.time()))
        print(json.dumps({"poured in": loop.time() - began}), flush=True)  # noqa: T201


def _frame(number: int, again: int) -> str:
    body = {
        "msgid": f"m{number}",
        "create_time": 1772442007,
        "aibotid": "aibFlood",
        "from": {"userid": f"Member{number % 500:03}"},
        "chattype": "group",
        "chatid": "wrFlood",
        "msgtype": "text",
        "text": {"content": f"@小单 第 {number} 条"},
    }
    frame = {"cmd": "aibot_msg_callback", "headers": {"req_id": f"r{number}-{again}"}, "body": body}
    return json.dumps(frame, ensure_ascii=False)


async def main(frames: int, seconds: float) -> None:
    app = web.Application()
    app.router.add_get("/", Flood(frames, seconds).connect)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))

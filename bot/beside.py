"""What the program that runs on this machine says of itself, for the doctor, who holds no connection of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from adapters.chat import Finding
from bot.settings.server import Server

_TIMEOUT = ClientTimeout(total=3)
_ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what a server listens on, no one calls
_RESTART = "请看日志并重启 paidan serve。"
_NEXT: Mapping[str, str] = {
    "stream": "请先修好这个平台的其他各项；都正常时，检查防火墙和代理是否放行 wss:// 出网。",
    "aibot": "被顶替：停掉别处用同一个机器人的程序，或另建一个；否则先修好机器人的其他各项。",
    "database": "请检查 [storage] url，或运行 paidan migrate。",
}


async def running_beside(server: Server) -> list[Finding]:
    reasons = await _reasons(server)
    if reasons is None:
        fix = "启动后请再运行一次 paidan doctor，才看得到长连接是否连上。"
        return [Finding(ok=True, what="本机没有正在运行的 paidan serve", fix=fix, id="serve")]
    if not reasons:
        return [Finding(ok=True, what="正在运行的 paidan serve 一切就绪", id="serve")]
    return [
        Finding(
            ok=False,
            what=f"正在运行的 paidan serve：{why}",
            fix=_NEXT.get(part, _RESTART),
            id=f"serve.{part}",
        )
        for part, why in reasons.items()
    ]


async def _reasons(server: Server) -> Mapping[str, Any] | None:
    """None where nobody answers, or somebody else. Through no proxy: it is this machine."""
    host = _ANY_HOST.get(server.host, server.host)
    url = URL.build(scheme="http", host=host, port=server.port, path="/readyz")
    try:
        async with ClientSession(trust_env=False, timeout=_TIMEOUT) as session, session.get(url) as answer:
            told = await answer.json()
    except (ClientError, TimeoutError, OSError, ValueError):
        return None
    reasons = told.get("reasons") if isinstance(told, dict) else None
    return reasons if isinstance(reasons, dict) else None

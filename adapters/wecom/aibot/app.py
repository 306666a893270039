"""What one AI bot is, as the configuration knows it."""

from __future__ import annotations

from dataclasses import dataclass, field

AIBOT = "wecom-aibot"
WS_URL = "wss://openws.work.weixin.qq.com"


@dataclass(frozen=True)
class AiBotApp:
    """``name`` is how members mention it: what they write starts with "@name" and the name is not sent apart."""

    bot_id: str
    secret: str = field(repr=False)
    name: str = ""
    ws_url: str = WS_URL
    corp_id: str = ""

    @property
    def door(self) -> str:
        """The head of every incoming id, and the name of the lease on its only connection."""
        return f"{AIBOT}:{self.bot_id}"

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
    token: str = field(
        default="", repr=False
    )  # these two: callbacks over HTTP instead of the long connection
    encoding_aes_key: str = field(default="", repr=False)

    @property
    def by_url(self) -> bool:
        return bool(self.token and self.encoding_aes_key)

    @property
    def door(self) -> str:
        """The head of every incoming id, and the name of the lease on its only connection."""
        return f"{AIBOT}:{self.bot_id}"

"""What one WeCom application and one group webhook are, as the configuration knows them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

WECOM = "wecom"
WEBHOOKS = "wecom-webhook"
ROOMS = "wecom-room"
API_BASE = "https://qyapi.weixin.qq.com"


@dataclass(frozen=True)
class WeComApp:
    """A self-built application. Its secrets stay out of ``repr`` and therefore out of logs."""

    corp_id: str
    agent_id: int
    secret: str = field(repr=False)
    token: str = field(repr=False)
    encoding_aes_key: str = field(repr=False)
    api_base: str = API_BASE
    name: str = ""  # of a further application of the same company; the first one has none

    @property
    def platform(self) -> str:
        """Of its private chats: what was said to an application is answered through it."""
        return f"{WECOM}-app-{self.name}" if self.name else WECOM

    @property
    def door(self) -> str:
        """The head of every incoming id, and the name of this application's access token."""
        return f"{WECOM}:{self.corp_id}:{self.agent_id}"


@dataclass(frozen=True)
class WebhookTarget:
    """One group that can be told things. ``key`` is the secret; people often paste the whole address."""

    name: str
    key: str = field(repr=False)
    base: str = API_BASE

    @property
    def bare_key(self) -> str:
        """The key alone, or "" when what was pasted holds none."""
        pasted = self.key.strip()
        if "://" in pasted:
            pasted = next(iter(parse_qs(urlsplit(pasted).query).get("key", [])), "")
        return pasted if re.fullmatch(r"[0-9A-Za-z_-]{1,128}", pasted) else ""

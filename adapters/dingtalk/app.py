"""One DingTalk application: who we are there, and where "there" is."""

from __future__ import annotations

from dataclasses import dataclass, field

PLATFORM = "dingtalk"
API_BASE = "https://api.dingtalk.com"
OAPI_BASE = "https://oapi.dingtalk.com"


@dataclass(frozen=True)
class DingTalkApp:
    """``card`` is "builtin", "text" or the id of an imported template ("….schema")."""

    client_id: str
    client_secret: str = field(repr=False)
    robot_code: str = ""
    corp_id: str = ""
    edition: str = "standard"
    card: str = "builtin"
    card_file: str = ""  # the template of one's own as the card builder exported it
    ding_at: str = ""  # L1 · L2 · L3
    ding_by: str = "app"  # app · sms · phone
    api_base: str = API_BASE
    oapi_base: str = OAPI_BASE

    @property
    def robot(self) -> str:
        """An internal application's robot code is its client id, unless the console says otherwise."""
        return self.robot_code or self.client_id

    @property
    def tenant(self) -> str:
        return self.corp_id or self.client_id

    def api(self, path: str) -> str:
        return self.api_base.rstrip("/") + path

    def oapi(self, path: str) -> str:
        return self.oapi_base.rstrip("/") + path

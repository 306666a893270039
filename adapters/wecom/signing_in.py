"""WeCom's web login: OAuth2 inside the client, a QR code elsewhere (wecom.md §5.1, §5.2)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from adapters.chat import PlatformError, Profile, Rejected
from adapters.signing_in import BadCode, NotAMember
from adapters.wecom.app import WECOM, WeComApp
from adapters.wecom.client import WeComClient
from domain.base import Account

OAUTH_BASE = "https://open.weixin.qq.com"
LOGIN_BASE = "https://login.work.weixin.qq.com"
_CODE_REFUSED = frozenset({"40029", "40163"})
_LONGEST_CODE = 512  # bytes


class WeComSignIn:
    name = WECOM
    title = "企业微信"

    def __init__(
        self,
        client: WeComClient,
        app: WeComApp,
        *,
        oauth_base: str = OAUTH_BASE,
        login_base: str = LOGIN_BASE,
    ) -> None:
        self._client = client
        self._app = app
        self._oauth_base = oauth_base.rstrip("/")
        self._login_base = login_base.rstrip("/")

    def is_client(self, agent: str) -> bool:
        return "wxwork/" in agent

    def address(self, back: str, state: str, *, inside: bool) -> str:
        return self._inside(back, state) if inside else self._by_scanning(back, state)

    def code_in(self, query: Mapping[str, str]) -> str:
        return query.get("code", "")

    async def who(self, code: str) -> Profile:
        if not 0 < len(code.encode()) <= _LONGEST_CODE:
            raise BadCode("code", "no code")
        try:
            answer = await self._client.call("auth/getuserinfo", query={"code": code})
        except Rejected as error:
            if error.code in _CODE_REFUSED:
                raise BadCode(error.code, error.message) from error
            raise
        user_id = answer.text("userid") or answer.text("UserId")  # the second is the older path's spelling
        if not user_id:
            raise NotAMember("openid")
        return Profile(Account(WECOM, user_id), await self._name(user_id))

    async def _name(self, user_id: str) -> str:
        """Nobody is kept out because their name can't be read."""
        try:
            return (await self._client.member(user_id)).name
        except PlatformError:
            return ""

    def _inside(self, back: str, state: str) -> str:
        query = {
            "appid": self._app.corp_id,
            "redirect_uri": back,
            "response_type": "code",
            "scope": "snsapi_base",  # asks nobody anything, and tells no more than the userid
            "state": state,
            "agentid": str(self._app.agent_id),
        }
        return f"{self._oauth_base}/connect/oauth2/authorize?{urlencode(query)}#wechat_redirect"

    def _by_scanning(self, back: str, state: str) -> str:
        query = {
            "login_type": "CorpApp",
            "appid": self._app.corp_id,
            "agentid": str(self._app.agent_id),
            "redirect_uri": back,
            "state": state,
        }
        return f"{self._login_base}/wwlogin/sso/login?{urlencode(query)}"

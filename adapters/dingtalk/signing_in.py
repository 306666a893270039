"""DingTalk's web login (OAuth2, dingtalk.md §5): the same page in the client and, with a QR code, elsewhere.

None of these calls is billed.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from aiohttp import ClientSession

from adapters.chat import NotReachable, PlatformError, Profile, Rejected
from adapters.dingtalk.app import PLATFORM
from adapters.dingtalk.client import DingTalkClient
from adapters.dingtalk.errors import new_api_refusal
from adapters.dingtalk.http import Answer, ask
from adapters.dingtalk.identity import member
from adapters.dingtalk.payload import number_at, text_at
from adapters.signing_in import BadCode, NotAMember

LOGIN_BASE = "https://login.dingtalk.com"
_EXTERNAL = 1  # contact_type of a customer who is kept in the address book
_LONGEST_CODE = 512


class DingTalkSignIn:
    name = PLATFORM
    title = "钉钉"

    def __init__(
        self, client: DingTalkClient, session: ClientSession, *, login_base: str = LOGIN_BASE
    ) -> None:
        self._client = client
        self._session = session
        self._login_base = login_base.rstrip("/")

    def is_client(self, agent: str) -> bool:
        return "DingTalk/" in agent

    def address(self, back: str, state: str, *, inside: bool) -> str:
        query = {
            "redirect_uri": back,
            "response_type": "code",
            "client_id": self._client.app.client_id,
            "scope": "openid",
            "state": state,
            "prompt": "consent",
        }
        return f"{self._login_base}/oauth2/auth?{urlencode(query)}"

    def code_in(self, query: Mapping[str, str]) -> str:
        return query.get("authCode") or query.get("code", "")

    async def who(self, code: str) -> Profile:
        """Whoever it is in whichever organisation: only who has a userid in ours comes in."""
        if not 0 < len(code.encode()) <= _LONGEST_CODE:
            raise BadCode("code", "no code")
        me = await self._me(await self._token_of(code))
        try:
            found = await self._client.contact(
                "/topapi/user/getbyunionid", {"unionid": text_at(me, "unionId")}
            )
        except NotReachable as error:
            raise NotAMember(error.code) from error
        user_id = text_at(found, "userid")
        if not user_id or number_at(found, "contact_type") == _EXTERNAL:
            raise NotAMember("contact_type")
        return Profile(member(user_id), await self._name(user_id) or text_at(me, "nick"))

    async def _token_of(self, code: str) -> str:
        app = self._client.app
        asked = {
            "clientId": app.client_id,
            "clientSecret": app.client_secret,
            "code": code,
            "grantType": "authorization_code",
        }
        answer = await ask(self._session, "POST", app.api("/v1.0/oauth2/userAccessToken"), body=asked)
        token = text_at(answer.body, "accessToken")
        if answer.status == 200 and token:
            return token
        refusal = _refusal(answer)
        # Which word a bad code gets is not documented: what is about the code, and is not our secret.
        if type(refusal) is Rejected and "code" in refusal.code.lower():
            raise BadCode(refusal.code, refusal.message)
        raise refusal

    async def _me(self, token: str) -> Mapping[str, object]:
        headers = {"x-acs-dingtalk-access-token": token}
        url = self._client.app.api("/v1.0/contact/users/me")
        answer = await ask(self._session, "GET", url, headers=headers)
        if answer.status != 200 or not text_at(answer.body, "unionId"):
            raise _refusal(answer)
        return answer.body

    async def _name(self, user_id: str) -> str:
        try:
            return text_at(await self._client.user(user_id), "name")
        except PlatformError:
            return ""


def _refusal(answer: Answer) -> PlatformError:
    refusal = new_api_refusal(answer.status, answer.body)
    return refusal if isinstance(refusal, PlatformError) else Rejected("userToken", str(refusal))

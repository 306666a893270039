"""Tencent's server for one company: which address does what. The rules are in the modules that it names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property

from aiohttp import web

from adapters.emulator.wecom.access import Access
from adapters.emulator.wecom.aibot.members import BotMembers
from adapters.emulator.wecom.appchat import AppChats
from adapters.emulator.wecom.control import Control
from adapters.emulator.wecom.directory import Directory
from adapters.emulator.wecom.gateway import Gateway
from adapters.emulator.wecom.login import Login
from adapters.emulator.wecom.members import Members
from adapters.emulator.wecom.sending import Sending
from adapters.emulator.wecom.updating import Updating
from adapters.emulator.wecom.uploads import Uploads
from adapters.emulator.wecom.webhooks import Webhooks

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
BOT_NAME = "小单"


class WeComServer(Members):
    """See ``state.State`` for what it remembers and ``members.Members`` for what people can do.

    ``aibot`` is the company's AI bot, which has chats and an address of its own.
    """

    @cached_property
    def aibot(self) -> BotMembers:
        return BotMembers(self, bot_id=self.bot_id, secret=self.bot_secret, name=BOT_NAME)

    @cached_property
    def further(self) -> list[WeComServer]:
        """Other applications of the same company, with secrets and private chats of their own."""
        return []

    def add_app(self, agent_id: int, secret: str, token: str, encoding_aes_key: str) -> WeComServer:
        """One more application. It answers at this server's address, to calls that carry its own token."""
        made = WeComServer(
            self.company,
            self.clock,
            self.wire,
            corp_id=self.corp_id,
            agent_id=agent_id,
            secret=secret,
            token=token,
            encoding_aes_key=encoding_aes_key,
        )
        made.app_chats, made.base_url = self.app_chats, self.base_url
        self.further.append(made)
        return made

    async def close(self) -> None:
        for app in self.further:
            await app.close()
        await super().close()

    def add_routes(self, app: web.Application) -> None:
        for route, own in self.handlers.items():
            method, path = route.split()
            app.router.add_route(method, f"/cgi-bin/{path}", self._for_its_app(route, own))
        Login(self).add_pages(app)
        Uploads(self).add_pages(app)
        self.aibot.add_routes(app)
        Control(self, self.aibot).add_routes(app)

    def _for_its_app(self, route: str, own: Handler) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            app = next((app for app in self.further if app.is_meant(request)), None)
            return await (app.handlers[route] if app else own)(request)

        return handle

    def is_meant(self, request: web.Request) -> bool:
        """Whose call it is shows in its token, and before there is one, in its secret."""
        token, secret = request.query.get("access_token", ""), request.query.get("corpsecret", "")
        return self.tokens.knows(token) or secret == self.secret

    @cached_property
    def handlers(self) -> Mapping[str, Handler]:
        gate = Gateway(self)
        access, directory, login = Access(self), Directory(self), Login(self)
        sending, updating, uploads, webhooks = Sending(self), Updating(self), Uploads(self), Webhooks(self)
        app_chats = AppChats(self)
        open_to_all = {
            "GET gettoken": access.gettoken,
            "POST webhook/send": webhooks.send,
            "POST webhook/upload_media": webhooks.upload,
        }
        with_token = {
            "POST message/send": sending.send,
            "POST message/recall": sending.recall,
            "POST message/update_template_card": updating.update,
            "POST appchat/create": app_chats.create,
            "POST appchat/update": app_chats.update,
            "GET appchat/get": app_chats.get,
            "POST appchat/send": app_chats.send,
            "POST media/upload": uploads.upload,
            "GET media/get": uploads.get,
            "GET user/get": directory.get,
            "GET user/simplelist": directory.simplelist,
            "POST user/getuserid": directory.getuserid,
            "GET department/simplelist": directory.departments,
            "GET auth/getuserinfo": login.getuserinfo,
            "GET agent/get": access.application,
            "GET getcallbackip": access.addresses,
            "GET get_api_domain_ip": access.addresses,
        }
        works = open_to_all | {route: gate.with_token(work) for route, work in with_token.items()}
        return {route: gate.handler(work) for route, work in works.items()}

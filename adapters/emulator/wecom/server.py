"""Tencent's server for one company: which address does what. The rules are in the modules that it names."""

from __future__ import annotations

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

BOT_NAME = "小单"


class WeComServer(Members):
    """See ``state.State`` for what it remembers and ``members.Members`` for what people can do.

    ``aibot`` is the company's AI bot, which has chats and an address of its own.
    """

    @cached_property
    def aibot(self) -> BotMembers:
        return BotMembers(self, bot_id=self.bot_id, secret=self.bot_secret, name=BOT_NAME)

    def add_routes(self, app: web.Application) -> None:
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
        for route, work in works.items():
            method, path = route.split()
            app.router.add_route(method, f"/cgi-bin/{path}", gate.handler(work))
        login.add_pages(app)
        uploads.add_pages(app)
        self.aibot.add_routes(app)
        Control(self, self.aibot).add_routes(app)

"""Both vendors' servers on one address of this machine. The playground, tests and demos start it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from secrets import choice, randbelow, token_bytes, token_hex
from string import ascii_letters, digits

from aiohttp import web
from yarl import URL

from adapters.emulator.clock import Clock
from adapters.emulator.company import Company
from adapters.emulator.dingtalk.server import DingTalkServer
from adapters.emulator.wecom.loopback import require_loopback
from adapters.emulator.wecom.server import WeComServer
from adapters.emulator.wire import Wire

_BIGGEST_UPLOAD = 32 * 1024 * 1024


def _letters(length: int) -> str:
    return "".join(choice(ascii_letters + digits) for _ in range(length))


def _aes_key() -> str:
    """43 characters of base64 that happen to have neither + nor /, as the console wants them."""
    key = b64encode(token_bytes(32)).decode().rstrip("=")
    return key if key.isalnum() else _aes_key()


@dataclass(frozen=True)
class Credentials:
    """What the vendors' consoles would show. Made up anew each time unless given."""

    wecom_agent_id: int = field(default_factory=lambda: 1_000_000 + randbelow(1000))
    wecom_secret: str = field(default_factory=lambda: _letters(43))
    wecom_token: str = field(default_factory=lambda: _letters(24))
    wecom_encoding_aes_key: str = field(default_factory=_aes_key)
    wecom_bot_id: str = field(default_factory=lambda: f"aib{_letters(32)}")
    wecom_bot_secret: str = field(default_factory=lambda: _letters(43))
    dingtalk_client_id: str = field(default_factory=lambda: f"ding{token_hex(8)}")
    dingtalk_client_secret: str = field(default_factory=lambda: _letters(64))
    dingtalk_robot_code: str = field(default_factory=lambda: f"ding{token_hex(8)}")


class Emulator:
    """Besides the vendors' own paths:

    | path               | does                                                                   |
    |--------------------|------------------------------------------------------------------------|
    | GET /_emu/clock    | ``{now}``                                                              |
    | POST /_emu/clock   | ``{advance_seconds}`` moves the time that both servers live in         |
    | GET /_emu/wire     | every exchange so far, oldest first: at, platform, to_bot, what, body, answer |
    """

    def __init__(self, company: Company, clock: Clock, credentials: Credentials | None = None) -> None:
        self.company = company
        self.clock = clock
        self.wire = Wire()
        self.credentials = made = credentials or Credentials()
        self.wecom = WeComServer(
            company,
            clock,
            self.wire,
            corp_id=company.corp_id,
            agent_id=made.wecom_agent_id,
            secret=made.wecom_secret,
            token=made.wecom_token,
            encoding_aes_key=made.wecom_encoding_aes_key,
            callback_url="",
            bot_id=made.wecom_bot_id,
            bot_secret=made.wecom_bot_secret,
        )
        self.dingtalk = DingTalkServer(
            company,
            clock,
            self.wire,
            client_id=made.dingtalk_client_id,
            client_secret=made.dingtalk_client_secret,
            robot_code=made.dingtalk_robot_code,
        )
        self.base_url = ""
        self.tells_its_time = True  # in Date; else the machine's
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0, host: str = "127.0.0.1") -> None:
        """Listens on ``port``, or on a free one; then ``base_url`` says where."""
        require_loopback(host)
        # A lost answer keeps its handler waiting for ever, so stopping does not wait for handlers.
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        address = URL.build(scheme="http", host=host, port=self._runner.addresses[0][1])
        self.base_url = str(address)
        self.wecom.base_url = self.dingtalk.base_url = self.base_url

    async def stop(self) -> None:
        await self.wecom.close()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=_BIGGEST_UPLOAD)
        app.on_response_prepare.append(self._date)
        self.wecom.add_routes(app)
        self.dingtalk.add_routes(app)
        app.router.add_get("/_emu/clock", self._clock)
        app.router.add_post("/_emu/clock", self._advance)
        app.router.add_get("/_emu/wire", self._wire)
        return app

    async def _date(self, _: web.Request, response: web.StreamResponse) -> None:
        if self.tells_its_time:
            response.headers["Date"] = format_datetime(self.clock.now(), usegmt=True)

    async def _clock(self, _: web.Request) -> web.Response:
        return web.json_response({"now": self.clock.now().isoformat()})

    async def _advance(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.clock.advance(timedelta(seconds=asked["advance_seconds"]))
        return await self._clock(request)

    async def _wire(self, _: web.Request) -> web.Response:
        return web.json_response([asdict(passed) | {"at": passed.at.isoformat()} for passed in self.wire])

"""Both vendors' platforms, their connections and their credentials, as the configuration wants them."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

import aiohttp

from adapters.chat import ChatPlatform, Notice, Receive, Rooms
from adapters.dingtalk import (
    CustomRobot,
    DingTalk,
    DingTalkApp,
    DingTalkClient,
    DingTalkSignIn,
    DingTalkWebhooks,
    Stream,
    ear,
)
from adapters.ports import Tokens
from adapters.signing_in import SignIn
from adapters.wecom import (
    AiBotApp,
    AiBotDoor,
    WayRound,
    WebhookTarget,
    WeCom,
    WeComApp,
    WeComClient,
    WeComRooms,
    WeComSignIn,
    WeComWebhooks,
)
from bot.logs import keep_out_of_logs, keep_token_out_of_logs
from bot.redaction import QuietTokens, secrets_in
from bot.settings import Settings
from bot.settings.platforms import WeComAppSection, WeComSection
from bot.thrift import Budget
from domain.base import Conversation
from storage.database import Database
from storage.leases import LeaseOf, Leases
from storage.quota import LedgerBook
from storage.sealing import Keyring
from storage.sessions import SessionBook
from storage.tokens import TokenStore
from storage.turns import TurnBook

Now = Callable[[], datetime]
# Renewed every five seconds; after a kill another replica has the connection within twenty-five.
CONNECTION_LEASE = timedelta(seconds=20)


def platforms_of(
    settings: Settings, database: Database, session: aiohttp.ClientSession, ledger: LedgerBook, now: Now
) -> tuple[Mapping[str, ChatPlatform], AiBotDoor | None]:
    keep_out_of_logs(secrets_in(settings))
    # One process counts in its own memory; replicas count together.
    turns = None if database.is_sqlite else TurnBook(database)
    made: list[ChatPlatform] = [
        *_wecom(settings, database, session, turns, now),
        *_dingtalk(settings, database, session, ledger, turns, now),
    ]
    platforms = {platform.name: platform for platform in made}
    aibot = _aibot(settings, platforms, database, session, now)
    if aibot is not None:
        # Without an application, people's private chats are the bot's.
        platforms = {"wecom": aibot.platform, **platforms, aibot.platform.name: aibot.platform}
    return platforms, aibot


def budgets_of(settings: Settings) -> Mapping[str, Budget]:
    """What the platforms bill, and how much of it the configuration allows."""
    if settings.dingtalk is None:
        return {}
    return {"dingtalk": Budget("钉钉", settings.dingtalk.allowance, settings.dingtalk.calls_per_ticket)}


def _aibot(
    settings: Settings,
    platforms: Mapping[str, ChatPlatform],
    database: Database,
    session: aiohttp.ClientSession,
    now: Now,
) -> AiBotDoor | None:
    app = aibot_app(settings)
    if app is None or settings.wecom is None:
        return None
    lease = LeaseOf(Leases(database), app.door, process_name(), CONNECTION_LEASE, now)
    groups = {
        w.chat: Conversation("wecom-webhook", "group", w.name) for w in settings.wecom.webhooks if w.chat
    }
    way_round = WayRound(platforms.get("wecom"), platforms.get("wecom-webhook"), groups)
    return AiBotDoor.build(app, session, lease, now=now, way_round=way_round)


def _wecom(
    settings: Settings, database: Database, session: aiohttp.ClientSession, turns: TurnBook | None, now: Now
) -> list[ChatPlatform]:
    if settings.wecom is None:
        return []
    made: list[ChatPlatform] = []
    app = wecom_app(settings)
    if app is not None:
        client = WeComClient(session, app, _tokens(settings, database), now=now)
        made.append(WeCom(client, now=now, turns=turns))
        for one in further_wecom_apps(settings):
            further = WeComClient(session, one, _tokens(settings, database), now=now)
            made.append(WeCom(further, now=now, turns=turns, name=one.platform))
        if any(desk.war_room.is_on for desk in settings.desks):
            made.append(WeComRooms(client, now=now, turns=turns))
    if settings.wecom.webhooks:
        targets = [WebhookTarget(w.name, w.key.get_secret_value(), w.base) for w in settings.wecom.webhooks]
        made.append(WeComWebhooks(session, targets, now=now, turns=turns))
    return made


def _dingtalk(
    settings: Settings,
    database: Database,
    session: aiohttp.ClientSession,
    ledger: LedgerBook,
    turns: TurnBook | None,
    now: Now,
) -> list[ChatPlatform]:
    app = dingtalk_app(settings)
    if app is None:
        return []
    client = DingTalkClient(session, app, _tokens(settings, database), ledger, now=now)
    made: list[ChatPlatform] = [DingTalk(client, SessionBook(database, keyring_of(settings), clock=now))]
    if settings.dingtalk and settings.dingtalk.webhooks:
        robots = [
            CustomRobot(w.name, w.access_token.get_secret_value(), w.secret.get_secret_value())
            for w in settings.dingtalk.webhooks
        ]
        made.append(DingTalkWebhooks(session, robots, ledger, oapi_base=app.oapi_base, now=now, turns=turns))
    return made


def room_door_of(platforms: Mapping[str, ChatPlatform]) -> str:
    """Whose groups we can make; "" where nobody's."""
    return next((name for name, platform in platforms.items() if isinstance(platform, Rooms)), "")


def doors_of(platforms: Mapping[str, ChatPlatform]) -> frozenset[str]:
    """Applications that know people by the same accounts; none where there is only one."""
    doors = frozenset(name for name, platform in platforms.items() if isinstance(platform, WeCom))
    return doors if len(doors) > 1 else frozenset()


def stream_of(
    settings: Settings,
    platforms: Mapping[str, ChatPlatform],
    receive: Receive,
    notice: Notice,
    session: aiohttp.ClientSession,
    database: Database,
    now: Now,
) -> Stream | None:
    app, platform = dingtalk_app(settings), platforms.get("dingtalk")
    if app is None or not isinstance(platform, DingTalk):
        return None
    sessions = SessionBook(database, keyring_of(settings), clock=now)
    return Stream(
        app,
        receive,
        session,
        platform=platform,
        sessions=sessions,
        now=now,
        rng=Random(),
        hear=ear(app, notice),
    )


def sign_ins_of(
    settings: Settings, database: Database, session: aiohttp.ClientSession, ledger: LedgerBook, now: Now
) -> Mapping[str, SignIn]:
    """None where nobody may log in: vendors send people back to a public address, so there has to be one."""
    made: list[SignIn] = []
    if settings.server.login == "off" or not settings.server.public_url:
        return {}
    if settings.wecom and (wecom := wecom_app(settings)):
        client = WeComClient(session, wecom, _tokens(settings, database), now=now)
        bases = {"oauth_base": settings.wecom.oauth_base, "login_base": settings.wecom.login_base}
        made.append(WeComSignIn(client, wecom, **bases))
    if settings.dingtalk and (dingtalk := dingtalk_app(settings)):
        asker = DingTalkClient(session, dingtalk, _tokens(settings, database), ledger, now=now)
        made.append(DingTalkSignIn(asker, session, login_base=settings.dingtalk.login_base))
    return {sign_in.name: sign_in for sign_in in made}


def _tokens(settings: Settings, database: Database) -> Tokens:
    return QuietTokens(TokenStore(database, keyring_of(settings)), keep_token_out_of_logs)


def keyring_of(settings: Settings) -> Keyring:
    """Seals access tokens and session addresses at rest; without keys they are kept as they are."""
    return Keyring([pair.get_secret_value() for pair in settings.storage.encryption_keys])


def wecom_app(settings: Settings) -> WeComApp | None:
    wecom = settings.wecom
    if wecom is None or wecom.app is None:
        return None
    return _application(wecom, wecom.app)


def further_wecom_apps(settings: Settings) -> Sequence[WeComApp]:
    wecom = settings.wecom
    return [_application(wecom, app, app.name) for app in wecom.apps] if wecom else []


def _application(wecom: WeComSection, app: WeComAppSection, name: str = "") -> WeComApp:
    return WeComApp(
        corp_id=wecom.corp_id,
        agent_id=app.agent_id,
        secret=app.secret.get_secret_value(),
        token=app.token.get_secret_value(),
        encoding_aes_key=app.encoding_aes_key.get_secret_value(),
        api_base=wecom.api_base,
        name=name,
    )


def aibot_app(settings: Settings) -> AiBotApp | None:
    wecom = settings.wecom
    if wecom is None or wecom.aibot is None:
        return None
    return AiBotApp(
        bot_id=wecom.aibot.bot_id,
        secret=wecom.aibot.secret.get_secret_value(),
        name=wecom.aibot.name,
        ws_url=wecom.aibot.ws_url,
        corp_id=wecom.corp_id,
        token=wecom.aibot.token.get_secret_value(),
        encoding_aes_key=wecom.aibot.encoding_aes_key.get_secret_value(),
    )


def dingtalk_app(settings: Settings) -> DingTalkApp | None:
    dingtalk = settings.dingtalk
    if dingtalk is None:
        return None
    return DingTalkApp(
        client_id=dingtalk.client_id,
        client_secret=dingtalk.client_secret.get_secret_value(),
        robot_code=dingtalk.robot_code or dingtalk.client_id,
        corp_id=dingtalk.corp_id,
        edition=dingtalk.edition,
        card=dingtalk.card,
        ding_at=dingtalk.ding_at,
        ding_by=dingtalk.ding_by,
        card_file=dingtalk.card_file,
        api_base=dingtalk.api_base,
        oapi_base=dingtalk.oapi_base,
    )


def link_secret(settings: Settings) -> bytes:
    """The same on every replica without anybody having to configure it: derived from secrets they share."""
    wecom, dingtalk = wecom_app(settings), dingtalk_app(settings)
    shared = "|".join([wecom.secret if wecom else "", dingtalk.client_secret if dingtalk else ""])
    if wecom is None and dingtalk is None and (bot := aibot_app(settings)) is not None:
        shared = bot.secret
    return hashlib.sha256(f"paidan ticket links|{shared}".encode()).digest()


def connector_of(settings: Settings) -> aiohttp.TCPConnector:
    family = socket.AF_INET if settings.server.ipv4_only else socket.AF_UNSPEC
    return aiohttp.TCPConnector(family=family)


def process_name() -> str:
    """In a container the next program may have the same number, but must not go on with the leases of the last."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

"""WeCom 企业微信: the self-built application (private chats), group webhooks, and the AI bot (groups)."""

from adapters.wecom.aibot import AiBotApp, AiBotDoor, WayRound
from adapters.wecom.app import WebhookTarget, WeComApp
from adapters.wecom.callback import callback_routes
from adapters.wecom.client import WeComClient
from adapters.wecom.platform import WeCom
from adapters.wecom.rooms import WeComRooms
from adapters.wecom.signing_in import WeComSignIn
from adapters.wecom.webhook import WeComWebhooks

__all__ = [
    "AiBotApp",
    "AiBotDoor",
    "WayRound",
    "WeCom",
    "WeComApp",
    "WeComClient",
    "WeComRooms",
    "WeComSignIn",
    "WeComWebhooks",
    "WebhookTarget",
    "callback_routes",
]

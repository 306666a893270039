"""WeCom 企业微信: the self-built application (private chats) and group webhooks.

The AI bot (groups, over a WebSocket) is a door of its own and will be a module beside ``platform``.
"""

from adapters.wecom.app import WebhookTarget, WeComApp
from adapters.wecom.callback import callback_routes
from adapters.wecom.client import WeComClient
from adapters.wecom.platform import WeCom
from adapters.wecom.webhook import WeComWebhooks

__all__ = ["WeCom", "WeComApp", "WeComClient", "WeComWebhooks", "WebhookTarget", "callback_routes"]

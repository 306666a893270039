"""DingTalk: stream in, HTTP out. Translates, never decides."""

from adapters.dingtalk.app import DingTalkApp
from adapters.dingtalk.client import DingTalkClient
from adapters.dingtalk.decode_event import ear
from adapters.dingtalk.health import StreamHealth
from adapters.dingtalk.platform import DingTalk
from adapters.dingtalk.signing_in import DingTalkSignIn
from adapters.dingtalk.stream import Stream
from adapters.dingtalk.webhooks import CustomRobot, DingTalkWebhooks

__all__ = [
    "CustomRobot",
    "DingTalk",
    "DingTalkApp",
    "DingTalkClient",
    "DingTalkSignIn",
    "DingTalkWebhooks",
    "Stream",
    "StreamHealth",
    "ear",
]

"""The AI bot 智能机器人: hears groups that mention it, over a connection that it opens itself (wecom.md §4)."""

from adapters.wecom.aibot.app import AIBOT, AiBotApp
from adapters.wecom.aibot.desk import Desk
from adapters.wecom.aibot.door import AiBotDoor
from adapters.wecom.aibot.line import Line, LineHealth
from adapters.wecom.aibot.platform import AiBot, WayRound
from adapters.wecom.aibot.turns import Turns

__all__ = ["AIBOT", "AiBot", "AiBotApp", "AiBotDoor", "Desk", "Line", "LineHealth", "Turns", "WayRound"]

"""The whole program: ``building`` makes and joins its parts, ``running`` brings it up, ``App`` is what runs."""

from bot.app.app import App
from bot.app.building import build, system_now
from bot.app.running import running

__all__ = ["App", "build", "running", "system_now"]

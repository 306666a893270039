"""The whole program: ``building`` makes and joins its parts, ``running`` brings it up, ``App`` is what runs."""

from bot.app.app import App
from bot.app.building import build
from bot.app.running import running

__all__ = ["App", "build", "running"]

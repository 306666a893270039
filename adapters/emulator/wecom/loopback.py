"""The emulator talks to this machine only: it knows every secret that it checks."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


class NotLoopback(ValueError):
    pass


def require_loopback(host: str) -> None:
    if host != "localhost" and not _is_loopback_address(host):
        raise NotLoopback(f"{host!r} is not this machine")


def require_loopback_url(url: str) -> None:
    require_loopback(urlsplit(url).hostname or "")


def _is_loopback_address(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

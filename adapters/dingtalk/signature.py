"""The signature of custom group robots (dingtalk.md §3.9)."""

from __future__ import annotations

import base64
import hashlib
import hmac


def sign(secret: str, timestamp: str) -> str:
    """Base64, not yet URL-encoded; ``timestamp`` is in milliseconds and good for an hour."""
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()

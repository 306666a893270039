"""Ids that DingTalk makes up for this application: stable, and of no use in other APIs."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256


def lwcp(userid: str) -> str:
    """The encrypted id of a person."""
    return f"$:LWCP_v1:${b64encode(sha256(userid.encode()).digest()[:16]).decode()}"


def direct_conversation(userid: str) -> str:
    return f"cid{b64encode(sha256(f'direct {userid}'.encode()).digest()[:18]).decode()}"

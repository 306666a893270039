"""Uploads: the one file in a multipart body, taken apart by hand because hooks have already read the body."""

from __future__ import annotations

import re

from adapters.emulator.wecom.gateway import Call
from adapters.emulator.wecom.refusal import Refusal

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)


def uploaded(call: Call) -> tuple[str, bytes]:
    """Name and bytes of the field ``media``, the only one that page 90253 looks at."""
    found = _BOUNDARY.search(call.content_type)
    if not found:
        raise Refusal(44001)
    for part in call.raw.split(b"--" + found[1].encode())[1:-1]:
        head, _, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        disposition = _disposition(head.decode(errors="replace"))
        if _parameter(disposition, "name") == "media":
            return _parameter(disposition, "filename"), data.removesuffix(b"\r\n")
    raise Refusal(44001)


def _disposition(head: str) -> str:
    lines = head.split("\r\n")
    return next((line for line in lines if line.lower().startswith("content-disposition:")), "")


def _parameter(disposition: str, name: str) -> str:
    found = re.search(rf'[;\s]{name}="?([^";]*)"?', disposition)
    return found[1] if found else ""

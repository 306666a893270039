"""Words for a place that only takes markdown (wecom.md §4.10): people's words must not draw anything in it.

The pages give no grammar and no escape, so a mark that would act is swapped for its full-width twin.
"""

from __future__ import annotations

import re

from adapters.wecom.wording import literal

MOST_BYTES = 20_480
_ACTIVE = str.maketrans({"*": "＊", "`": "ˋ", "|": "｜", "<": "＜"})
_LINK_END = re.compile(r"\](?=\s*[(\[:])")
_LINE_START = re.compile(r"(?m)^[ \u3000]*([#>])")
_RULER = re.compile(r"(?m)^[ \u3000]*([-=_])[-=_ ]+$")


def as_markdown(text: str) -> str:
    """The same words, line by line."""
    safe = _LINK_END.sub("］", literal(text).translate(_ACTIVE))
    safe = _LINE_START.sub(lambda found: chr(ord(found.group(1)) + 0xFEE0), safe)
    return _RULER.sub(lambda found: chr(ord(found.group(1)) + 0xFEE0), safe).replace("\n", "  \n")

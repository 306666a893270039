"""DingTalk's markdown: how words become harmless in it, and the few marks we set ourselves.

People's words must not draw links, mentions, pictures or headings on our cards: a forged
``dtmd://…sendMessage`` link would speak in the name of whoever touches it. The subset of markdown differs
between clients and none documents an escape (dingtalk.md §3.6), so a mark that would act is swapped for
its full-width twin instead of being escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from domain.base import Account

# Control characters and those that turn the writing direction around.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_ACTIVE = str.maketrans({"\t": " ", "<": "＜", "*": "＊", "`": "ˋ", "|": "｜"})
_LINK_END = re.compile(r"\](?=\s*[(\[:])")
_LINE_START = re.compile(r"(?m)^[ \u3000]*([#>])")
_RULER = re.compile(r"(?m)^[ \u3000]*([-=_])[-=_ ]+$")
_INDENT = re.compile(r"(?m)^ +")
_STAFF_ID = re.compile(r"[\w.@$:+-]+")


def plain(text: str) -> str:
    """One line of words as they are, for places that know no markdown."""
    return " ".join(_INVISIBLE.sub("", text).split())


def escape(text: str) -> str:
    """Words that stay words; line ends stay line ends (two spaces make one in every client)."""
    safe = _INVISIBLE.sub("", text).translate(_ACTIVE)
    safe = _LINK_END.sub("］", safe)
    safe = _LINE_START.sub(lambda found: _wide(found.group(1)), safe)
    safe = _RULER.sub(lambda found: _wide(found.group(1)), safe)
    return _INDENT.sub("", safe).strip().replace("\n", "  \n")


def escape_line(text: str) -> str:
    return escape(plain(text))


def link(label: str, url: str) -> str:
    label = escape_line(label).replace("[", "［").replace("]", "］")
    return f"[{label}]({url.replace('(', '%28').replace(')', '%29').replace(' ', '%20')})"


def saying(label: str, phrase: str) -> str:
    """A link that makes the client say ``phrase`` to the robot in its reader's name (§3.6)."""
    return link(label, f"dtmd://dingtalkclient/sendMessage?content={quote(phrase, safe='')}")


def mentions(people: Iterable[tuple[Account, str]]) -> str:
    """Real mentions inside a card's markdown; the call must list the same ids (§4.1)."""
    return " ".join(
        f"<a atId={who.user_id}>{escape_line(name)}</a>" for who, name in people if can_mention(who)
    )


def can_mention(who: Account) -> bool:
    """Only members have an id that a mention takes."""
    return bool(_STAFF_ID.fullmatch(who.user_id))


def blocks(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def _wide(mark: str) -> str:
    return chr(ord(mark) + 0xFEE0)

"""Which characters may travel to and from WeCom, and how text is written into XML.

One illegal character makes the client ignore a whole card without a word (document 90241), so nothing goes
out unwashed. What people typed is text, never markup: neither a link in disguise nor a mention.
"""

from __future__ import annotations

import re

# Everything XML 1.0 forbids: control characters, lone surrogates, U+FFFE and U+FFFF.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Text messages turn <a href> into links (document 90236) and <@userid> into mentions (document 99110).
_MARKUP = re.compile(r"<(?=\s*/?\s*(?:a\b|@))", re.IGNORECASE)


def legal(text: str) -> str:
    """``text`` without the characters that XML cannot carry."""
    return _ILLEGAL.sub("", text)


def lines(text: str) -> str:
    """Text that may have line breaks, and no other control character."""
    return legal(text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")


def line(text: str) -> str:
    """Text of one line."""
    return " ".join(lines(text).split("\n")).strip()


def literal(text: str) -> str:
    """Text for a text message, in which markup that somebody typed stays visible and dead."""
    return _MARKUP.sub("＜", lines(text))


def cdata(text: str) -> str:
    return "<![CDATA[" + legal(text).replace("]]>", "]]]]><![CDATA[>") + "]]>"

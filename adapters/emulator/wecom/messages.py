"""The kinds of messages that an app sends (wecom.md §2.3; page 90236), as the client shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.emulator.wecom.cards import Door, check_card
from adapters.emulator.wecom.media import Media
from adapters.emulator.wecom.shape import Node

_TEXT_BYTES = 2048
_TITLE_BYTES = 128
_DESCRIPTION_BYTES = 512
_MISSING_TITLE = 41016
_EMPTY = 44004


@dataclass(frozen=True)
class Shown:
    """What arrives: the bubble's kind, its words, and the vendor's JSON after all cutting."""

    kind: str
    text: str
    body: Mapping[str, Any]


Reader = Callable[[Node], Shown]


def app_readers(media: Media) -> Mapping[str, Reader]:
    return {
        "text": text,
        "markdown": markdown,
        "textcard": textcard,
        "news": news,
        "template_card": lambda node: card(node, Door.SEND),
        "image": lambda node: medium(node, "image", media),
        "voice": lambda node: medium(node, "voice", media),
        "file": lambda node: medium(node, "file", media),
        "video": lambda node: video(node, media),
    }


def text(node: Node) -> Shown:
    node.object(known={"content"})
    content = node.child("content").text(most_bytes=5120, missing=_EMPTY)
    # Longer than 2048 bytes is cut without a word; above 5120 it is refused (JD_tencent_scf#278).
    content = cut(content, _TEXT_BYTES)
    return Shown("text", content, {"content": content})


def markdown(node: Node) -> Shown:
    node.object(known={"content"})
    content = node.child("content").text(missing=_EMPTY)
    if len(content.encode()) > _TEXT_BYTES:
        raise node.child("content").refuse(f"exceed max length {_TEXT_BYTES}", 45002)
    return Shown("markdown", content, {"content": content})


def textcard(node: Node) -> Shown:
    node.object(known={"title", "description", "url", "btntxt"})
    title = cut(node.child("title").text(missing=_MISSING_TITLE), _TITLE_BYTES)
    description = cut(node.child("description").text(), _DESCRIPTION_BYTES)
    button = node.child("btntxt").text_or_nothing()
    if len(button) > 4:
        raise node.child("btntxt").refuse("exceed max length 4")
    body = {"title": title, "description": description, "url": node.child("url").url()}
    return Shown("textcard", title, body | ({"btntxt": button} if button else {}))


def news(node: Node) -> Shown:
    articles = node.child("articles")
    if isinstance(articles.value, list) and len(articles.value) > 8:
        raise articles.refuse("more than 8", 45008)
    shown = [_article(article) for article in articles.items(1, 8)]
    return Shown("news", shown[0]["title"], {"articles": shown})


def card(node: Node, door: Door) -> Shown:
    check_card(node, door)
    body = dict(node.object())
    return Shown("card", card_title(body), body)


def card_title(body: Mapping[str, Any]) -> str:
    return str(body.get("main_title", {}).get("title") or body.get("sub_title_text", ""))


def medium(node: Node, kind: str, media: Media, door: str = "app") -> Shown:
    found = media.of_kind(node.child("media_id").text(missing=40007), kind, door)
    return Shown(kind, found.name, {"media_id": found.id})


def video(node: Node, media: Media) -> Shown:
    found = media.of_kind(node.child("media_id").text(missing=40007), "video")
    title = cut(node.child("title").text_or_nothing(), _TITLE_BYTES)
    description = cut(node.child("description").text_or_nothing(), _DESCRIPTION_BYTES)
    return Shown("video", title, {"media_id": found.id, "title": title, "description": description})


def cut(content: str, most_bytes: int) -> str:
    return content.encode()[:most_bytes].decode(errors="ignore")


def _article(node: Node) -> dict[str, str]:
    names = ("description", "url", "picurl", "appid", "pagepath")
    article = {name: node.child(name).text_or_nothing() for name in names if name in node}
    title = cut(node.child("title").text(missing=_MISSING_TITLE), _TITLE_BYTES)
    if "appid" not in node:
        node.child("url").url()
    return (
        {"title": title} | article | {"description": cut(article.get("description", ""), _DESCRIPTION_BYTES)}
    )

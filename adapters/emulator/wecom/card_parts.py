"""The parts a template card is made of (wecom.md §3.1, §3.2; page 90236): one check per part."""

from __future__ import annotations

from collections.abc import Callable

from adapters.emulator.wecom.shape import Node

KEY_BYTES = 1024
ID_BYTES = 128


def _source(node: Node) -> None:
    node.object(known={"icon_url", "desc", "desc_color"})
    node.child("desc").text_or_nothing()
    node.child("desc_color").number(0, 1, 2, 3, default=0)
    if "icon_url" in node:
        node.child("icon_url").url()


def _action_menu(node: Node) -> None:
    node.object(known={"desc", "action_list"})
    node.child("desc").text_or_nothing()
    keys = []
    for action in node.child("action_list").items(1, 3):
        action.object(known={"text", "key"})
        action.child("text").text()
        keys.append(action.child("key").text(most_bytes=KEY_BYTES))
    _unique(node, keys)


def _quote_area(node: Node) -> None:
    node.object(known={"type", "url", "appid", "pagepath", "title", "quote_text"})
    node.child("title").text_or_nothing()
    node.child("quote_text").text_or_nothing()
    _leads_somewhere(node, 0)


def _emphasis(node: Node) -> None:
    node.object(known={"title", "desc"})
    node.child("title").text_or_nothing()
    node.child("desc").text_or_nothing()


def _plain(node: Node) -> None:
    node.text_or_nothing()


def _horizontal(node: Node) -> None:
    for line in node.items(0, 6):
        line.object(known={"type", "keyname", "value", "url", "media_id", "userid"})
        line.child("keyname").text()
        kind = line.child("type").number(0, 1, 2, 3, default=0)
        line.child("value").text_or_nothing()
        if kind == 1:
            line.child("url").url()
        if kind in (2, 3):
            line.child("media_id" if kind == 2 else "userid").text()


def _jump_list(node: Node) -> None:
    for jump in node.items(0, 3):
        jump.object(known={"type", "title", "url", "appid", "pagepath"})
        jump.child("title").text()
        _leads_somewhere(jump, 0)


def _card_action(node: Node) -> None:
    node.object(known={"type", "url", "appid", "pagepath"})
    _leads_somewhere(node)


def _vertical(node: Node) -> None:
    for line in node.items(0, 4):
        line.object(known={"title", "desc"})
        line.child("title").text()
        line.child("desc").text_or_nothing()


def _card_image(node: Node) -> None:
    node.object(known={"url", "aspect_ratio"})
    node.child("url").url()
    ratio = node.object().get("aspect_ratio", 1.3)
    if not isinstance(ratio, int | float) or not 1.3 <= ratio <= 2.25:
        raise node.child("aspect_ratio").refuse("should be between 1.3 and 2.25")


def _image_text_area(node: Node) -> None:
    node.object(known={"type", "url", "appid", "pagepath", "title", "desc", "image_url"})
    node.child("image_url").url()
    _leads_somewhere(node, 0)


def _button_list(node: Node) -> None:
    keys = []
    for button in node.items(1, 6):
        button.object(known={"text", "style", "type", "key", "url"})
        button.child("text").text()
        button.child("style").number(1, 2, 3, 4, default=1)
        if button.child("type").number(0, 1, default=0) == 1:
            button.child("url").url()
        else:
            keys.append(button.child("key").text(most_bytes=KEY_BYTES))
    _unique(node, keys)


def _button_selection(node: Node) -> None:
    _selector(node, most=10)


def _select_list(node: Node) -> None:
    _unique(node, [_selector(select, most=10) for select in node.items(1, 3)])


def _selector(node: Node, *, most: int) -> str:
    node.object(known={"question_key", "title", "selected_id", "disable", "option_list"})
    node.child("title").text_or_nothing()
    node.child("selected_id").text_or_nothing(most_bytes=ID_BYTES)
    _disable(node)
    _options(node.child("option_list"), most, {"id", "text"})
    return node.child("question_key").text(most_bytes=KEY_BYTES)


def _checkbox(node: Node) -> None:
    node.object(known={"question_key", "mode", "disable", "option_list"})
    node.child("question_key").text(most_bytes=KEY_BYTES)
    node.child("mode").number(0, 1, default=0)
    _disable(node)
    _options(node.child("option_list"), 20, {"id", "text", "is_checked"})


def _options(node: Node, most: int, known: set[str]) -> None:
    ids = []
    for option in node.items(1, most):
        option.object(known=known)
        option.child("text").text()
        ids.append(option.child("id").text(most_bytes=ID_BYTES))
    _unique(node, ids)


def _disable(node: Node) -> None:
    value = node.object().get("disable")
    if value is not None and not isinstance(value, bool):
        raise node.child("disable").refuse("should be a boolean")


def _submit_button(node: Node) -> None:
    node.object(known={"text", "key"})
    node.child("text").text_or_nothing()
    node.child("key").text(most_bytes=KEY_BYTES)


def _leads_somewhere(node: Node, default: int | None = None) -> None:
    """``type`` 1 needs a url, 2 a mini program. Type 0 stands still."""
    kind = node.child("type").number(0, 1, 2, default=default)
    if kind == 1:
        node.child("url").url()
    if kind == 2:
        node.child("appid").text()


def _unique(node: Node, keys: list[str]) -> None:
    if len(set(keys)) < len(keys):
        raise node.refuse("has a repeated key")


PARTS: dict[str, Callable[[Node], None]] = {
    "source": _source,
    "action_menu": _action_menu,
    "quote_area": _quote_area,
    "emphasis_content": _emphasis,
    "sub_title_text": _plain,
    "horizontal_content_list": _horizontal,
    "jump_list": _jump_list,
    "card_action": _card_action,
    "vertical_content_list": _vertical,
    "card_image": _card_image,
    "image_text_area": _image_text_area,
    "button_list": _button_list,
    "button_selection": _button_selection,
    "select_list": _select_list,
    "checkbox": _checkbox,
    "submit_button": _submit_button,
    "replace_text": _plain,
}

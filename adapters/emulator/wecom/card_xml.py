"""The XML names of a card in a passive answer, mapped back to JSON (wecom.md §1.10; page 90241)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from xml.etree.ElementTree import Element


class UnknownElement(Exception):
    """An element that the page does not have. Tencent ignores it, and the card silently stays as it was."""


class BadValue(Exception):
    pass


Reader = Callable[[Element], Any]


def text(element: Element) -> str:
    if len(element):
        raise UnknownElement(f"{element.tag} holds elements instead of text")
    return element.text or ""


def number(element: Element) -> int:
    try:
        return int(text(element))
    except ValueError as error:
        raise BadValue(f"{element.tag} is no number") from error


def ratio(element: Element) -> float:
    try:
        return float(text(element))
    except ValueError as error:
        raise BadValue(f"{element.tag} is no number") from error


def flag(element: Element) -> bool:
    words = {"true": True, "1": True, "false": False, "0": False}
    if text(element) not in words:
        raise BadValue(f"{element.tag} is neither true nor false")
    return words[text(element)]


class Object:
    """``fields`` maps an element to its JSON name and reader; ``lists`` does so for repeated elements."""

    def __init__(
        self, fields: Mapping[str, tuple[str, Reader]], lists: Mapping[str, tuple[str, Reader]] | None = None
    ) -> None:
        self._fields = fields
        self._lists = lists or {}

    def __call__(self, element: Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for child in element:
            if child.tag in self._lists:
                name, read = self._lists[child.tag]
                found.setdefault(name, []).append(read(child))
            elif child.tag in self._fields:
                name, read = self._fields[child.tag]
                if name in found:
                    raise BadValue(f"{child.tag} comes twice in {element.tag}")
                found[name] = read(child)
            else:
                raise UnknownElement(f"{child.tag} in {element.tag}")
        return found


# The page writes Appid in QuoteArea and AppId elsewhere.
_LINK = {"Type": ("type", number), "Url": ("url", text), "PagePath": ("pagepath", text)}
_LINK_APP = _LINK | {"AppId": ("appid", text)}
_TITLED = {"Title": ("title", text), "Desc": ("desc", text)}

_SELECTOR = Object(
    {
        "QuestionKey": ("question_key", text),
        "Title": ("title", text),
        "SelectedId": ("selected_id", text),
        "Disable": ("disable", flag),
    },
    {"OptionList": ("option_list", Object({"Id": ("id", text), "Text": ("text", text)}))},
)
_CHECKBOX = Object(
    {"QuestionKey": ("question_key", text), "Disable": ("disable", flag), "Mode": ("mode", number)},
    {
        "OptionList": (
            "option_list",
            Object({"Id": ("id", text), "Text": ("text", text), "IsChecked": ("is_checked", flag)}),
        )
    },
)
_HORIZONTAL = Object(
    {
        "KeyName": ("keyname", text),
        "Value": ("value", text),
        "Type": ("type", number),
        "Url": ("url", text),
        "MediaId": ("media_id", text),
        "UserId": ("userid", text),
    }
)
_BUTTON = Object({"Text": ("text", text), "Style": ("style", number), "Key": ("key", text)})

card = Object(
    {
        "CardType": ("card_type", text),
        "Source": (
            "source",
            Object(
                {"IconUrl": ("icon_url", text), "Desc": ("desc", text), "DescColor": ("desc_color", number)}
            ),
        ),
        "MainTitle": ("main_title", Object(_TITLED)),
        "SubTitleText": ("sub_title_text", text),
        "EmphasisContent": ("emphasis_content", Object(_TITLED)),
        "QuoteArea": (
            "quote_area",
            Object(
                _LINK
                | {"Appid": ("appid", text), "Title": ("title", text), "QuoteText": ("quote_text", text)}
            ),
        ),
        "CardAction": ("card_action", Object(_LINK_APP)),
        "CardImage": ("card_image", Object({"Url": ("url", text), "AspectRatio": ("aspect_ratio", ratio)})),
        "ImageTextArea": (
            "image_text_area",
            Object(_LINK_APP | _TITLED | {"ImageUrl": ("image_url", text)}),
        ),
        "ActionMenu": (
            "action_menu",
            Object(
                {"Desc": ("desc", text)},
                {"ActionList": ("action_list", Object({"Text": ("text", text), "Key": ("key", text)}))},
            ),
        ),
        "ButtonSelection": ("button_selection", _SELECTOR),
        "CheckBox": ("checkbox", _CHECKBOX),
        "SubmitButton": ("submit_button", Object({"Text": ("text", text), "Key": ("key", text)})),
        "ReplaceText": ("replace_text", text),
    },
    {
        "HorizontalContentList": ("horizontal_content_list", _HORIZONTAL),
        "JumpList": ("jump_list", Object(_LINK_APP | {"Title": ("title", text)})),
        "VerticalContentList": ("vertical_content_list", Object(_TITLED)),
        "ButtonList": ("button_list", _BUTTON),
        "SelectList": ("select_list", _SELECTOR),
    },
)

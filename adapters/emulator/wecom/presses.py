"""What a press on a copy of a card means (wecom.md §1.9; page 90240): which event, with which selections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.emulator.wecom.xml import Fields

Selections = Mapping[str, Sequence[str]]


class NotOnScreen(LookupError):
    """The member's copy of the card shows nothing like that to press or choose."""


@dataclass(frozen=True)
class Press:
    event: str
    key: str
    selected: Selections

    def selected_items(self) -> Fields:
        """No element at all for a menu; questions without a chosen option keep an empty OptionIds."""
        if not self.selected:
            return {}
        items = [_item(question, options) for question, options in self.selected.items()]
        return {"SelectedItems": {"SelectedItem": items}}


def press_on(card: Mapping[str, Any], key: str, selections: Selections) -> Press:
    if key in _button_keys(card) and not card.get("replace_text"):
        return Press("template_card_event", key, _choose(card, selections))
    if key in _menu_keys(card):
        return Press("template_card_menu_event", key, {})
    if key in _button_keys(card):
        raise NotOnScreen(f"{key}: the buttons are grey, {card['replace_text']!r}")
    raise NotOnScreen(f"{key}: the card shows {_button_keys(card) + _menu_keys(card)}")


def any_press(key: str, selections: Selections) -> Press:
    """A press that left the phone before the repaint came: nothing about the copy is checked."""
    return Press("template_card_event", key, selections)


def _button_keys(card: Mapping[str, Any]) -> list[str]:
    buttons = [button["key"] for button in card.get("button_list", []) if not button.get("type")]
    submit = card.get("submit_button")
    return buttons + ([submit["key"]] if submit else [])


def _menu_keys(card: Mapping[str, Any]) -> list[str]:
    return [action["key"] for action in card.get("action_menu", {}).get("action_list", [])]


def _choose(card: Mapping[str, Any], selections: Selections) -> Selections:
    questions = {question["question_key"]: question for question in _questions(card)}
    for key, chosen in selections.items():
        if key not in questions:
            raise NotOnScreen(f"question {key}: the card asks {list(questions)}")
        _check_choice(questions[key], chosen)
    return {key: selections.get(key, _preset(question)) for key, question in questions.items()}


def _questions(card: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    single = [card[name] for name in ("button_selection", "checkbox") if name in card]
    return single + list(card.get("select_list", []))


def _check_choice(question: Mapping[str, Any], chosen: Sequence[str]) -> None:
    offered = [option["id"] for option in question["option_list"]]
    if question.get("disable"):
        raise NotOnScreen(f"question {question['question_key']} is disabled")
    if unknown := set(chosen) - set(offered):
        raise NotOnScreen(f"options {sorted(unknown)}: on offer are {offered}")
    if len(chosen) > 1 and not question.get("mode"):
        raise NotOnScreen(f"question {question['question_key']} takes one option")


def _preset(question: Mapping[str, Any]) -> Sequence[str]:
    """What stands there untouched: ticks of a checkbox; a selection's selected_id, else its first option."""
    options = question["option_list"]
    if "mode" in question or any("is_checked" in option for option in options):
        return [option["id"] for option in options if option.get("is_checked")]
    ids = [option["id"] for option in options]
    selected = question.get("selected_id", "")
    return [selected if selected in ids else ids[0]]


def _item(question: str, options: Sequence[str]) -> Fields:
    return {"QuestionKey": question, "OptionIds": {"OptionId": list(options)}}

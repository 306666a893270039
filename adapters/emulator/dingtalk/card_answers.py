"""The answer to a card callback: checked more strictly than an update, since nothing reports its faults."""

from __future__ import annotations

from typing import Any

from adapters.emulator.dingtalk.cards import Change, Variables

_KNOWN = {"cardUpdateOptions", "cardData", "userPrivateData"}


def change_in(answer: Any, userid: str, defects: list[str]) -> Change | None:
    """None when the bot wants no change, or when the answer is so wrong that it is dropped."""
    if not answer:
        return None
    if not isinstance(answer, dict):
        defects.append(f"card answer is not an object: {answer!r}")
        return None
    if unknown := set(answer) - _KNOWN:
        defects.append(f"card answer has unknown parts {sorted(unknown)}")
    options = answer.get("cardUpdateOptions") or {}
    try:
        public = _variables(answer.get("cardData"))
        private = _variables(answer.get("userPrivateData"))
    except TypeError as fault:
        defects.append(f"card answer: {fault}")
        return None
    return Change(
        public=public,
        # Of the presser alone, and not keyed by user id (§4.6).
        private=None if private is None else {userid: private},
        public_by_key=options.get("updateCardDataByKey") is True,
        private_by_key=options.get("updatePrivateDataByKey") is True,
    )


def _variables(holder: Any) -> Variables | None:
    if holder is None:
        return None
    given = holder.get("cardParamMap") if isinstance(holder, dict) else None
    if not isinstance(given, dict):
        raise TypeError(f"cardParamMap is missing in {holder!r}")
    for name, value in given.items():
        if not isinstance(value, str):
            raise TypeError(f"{name} must be a string, not {value!r}")
    return dict(given)

"""What the documents leave open about Tencent's server: each doubt is a field, both settings play."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any


class TaskIdInUpdate(Enum):
    """Whether the card of an update names its task_id; the examples of page 94888 leave it out."""

    OPTIONAL = "optional"
    REQUIRED = "required"
    FORBIDDEN = "forbidden"


class ExpiredToken(Enum):
    """How an access_token that is no longer good is refused; both are seen (wecom.md §2.9)."""

    EXPIRED = 42001
    INVALID = 40014


@dataclass
class Limits:
    """Page 90454. Benches raise them; a test may lower them."""

    member_per_minute: int = 30
    member_per_hour: int = 1000
    webhook_per_minute: int = 20
    calls_per_minute: int = 10_000
    person_messages_per_day: int = 200_000  # accounts of the company × 200
    failed_gettoken_per_hour: int = 2000  # hearsay, wecom.md §10.10
    app_chats_per_day: int = 1000  # page 90245
    app_chat_members: int = 2000
    app_chat_persons_per_minute: int = 20_000  # page 90248; each message counts once for each member
    app_chat_persons_per_hour: int = 150_000  # of the smallest companies
    app_chat_member_per_minute: int = 200  # what is above it is dropped without a word
    app_chat_member_per_day: int = 10_000


@dataclass
class Switches:
    """Change fields at any time, but keep the object. Numbers in comments are items of wecom.md §10 (UNCONFIRMED)."""

    # The callback (1)
    deliveries: int = 4  # in all, after time-outs and bad statuses: 3 or 4
    retry_spacing: float = 0.0  # real seconds between deliveries; the vendor's pause is not known
    callback_timeout: float = 5.0  # page 90238
    fresh_envelope_on_retry: bool = True
    fresh_response_code_on_retry: bool = False
    duplicates: int = 1  # how often a delivery is made even when it was answered
    duplicates_at_once: bool = False
    file_messages: bool = True  # (6) whether a file that a member sends is called back at all

    # Error codes that no page names (2)
    bad_card_errcode: int = 40058
    used_code_errcode: int = 40058
    unknown_code_errcode: int = 40058
    expired_code_errcode: int = 40058
    reused_task_id_errcode: int = 42014  # seen for AI bots; 0 lets the repeat through
    card_without_callback_errcode: int = 40058

    # Cards (3, 4)
    passive_reply_spends_code: bool = False
    refused_update_spends_code: bool = False
    update_task_id: TaskIdInUpdate = TaskIdInUpdate.OPTIONAL
    clicks_after_update_keep_task_id: bool = True

    # enable_duplicate_check (5)
    duplicate_check_compares_recipients: bool = True  # the whole body, or only what the message says
    duplicate_check_before_task_id: bool = True
    duplicate_answer_repeats_codes: bool = False  # msgid and response_code of the first send

    # Groups of the app (no page names these codes; 86215 is what lists of error codes call it)
    app_sees_root: bool = True  # else its groups are refused with 60011
    chat_id_taken_errcode: int = 86215
    bad_chat_member_errcode: int = 86216  # 0 leaves out who cannot be added, without a word
    chat_owner_must_be_listed: bool = True
    chats_appear_with_first_message: bool = True

    # The door
    refuse_unicode_escapes: bool = True  # 40033; many clients get away with \uXXXX
    expired_token: ExpiredToken = ExpiredToken.EXPIRED
    token_life_counts_down: bool = True  # expires_in of a repeated gettoken: what is left, or 7200 again
    untrusted_ip: str = ""  # every call with a token is refused with 60020 from this address
    trusted_domain: str = ""  # host that the login page may return to; empty lets every loopback host pass
    application_off: bool = False  # switched off by an administrator
    hidden_users: set[str] = field(default_factory=set)  # outside the app's visible range
    unlicensed_users: set[str] = field(default_factory=set)
    limits: Limits = field(default_factory=Limits)


def as_json(switches: Switches | Limits) -> dict[str, Any]:
    return {each.name: _plain(getattr(switches, each.name)) for each in fields(switches)}


def set_from_json(switches: Switches | Limits, asked: Mapping[str, Any]) -> None:
    """Sets the named switches; a name that is none, or a value that does not fit, is a ValueError."""
    for name, value in asked.items():
        if name not in {each.name for each in fields(switches)}:
            raise ValueError(f"no switch {name}")
        setattr(switches, name, _like(getattr(switches, name), value))


def _plain(value: Any) -> Any:
    if isinstance(value, Limits):
        return as_json(value)
    if isinstance(value, Enum):
        return value.value
    return sorted(value) if isinstance(value, set) else value


def _like(present: Any, value: Any) -> Any:
    if isinstance(present, Limits):
        set_from_json(present, value)
        return present
    wanted = type(present)
    if isinstance(present, Enum | set | float):
        return wanted(value)
    if type(value) is not wanted:
        raise ValueError(f"{value!r} is no {wanted.__name__}")
    return value

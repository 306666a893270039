"""The part of the table of contents that is about who is there. ``bot.catalog`` takes it in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from domain.base import Command
from domain.duty.advancing import PassLeave, pass_leave
from domain.duty.choosing import ChooseHeir, choose_heir
from domain.duty.covering import CoverShift, cover_shift
from domain.duty.deputizing import AcceptDeputy, DeclineDeputy, accept_deputy, decline_deputy
from domain.duty.disabling import DisablePerson, EnablePerson, disable_person, enable_person
from domain.duty.joining import JoinPeople, SplitPeople, join_people, split_people
from domain.duty.leaving import (
    CloseAccount,
    RenameAccount,
    WelcomeAccount,
    close_account,
    rename_account,
    welcome_account,
)
from domain.duty.ports import Unit
from domain.duty.requesting import (
    CancelLeave,
    ConfirmLeave,
    RequestLeave,
    cancel_leave,
    confirm_leave,
    request_leave,
)
from domain.duty.returning import EndLeave, TakeBack, end_leave, take_back
from domain.duty.swapping import (
    AcceptSwap,
    DeclineSwap,
    PassSwap,
    SwapShift,
    accept_swap,
    decline_swap,
    pass_swap,
    swap_shift,
)
from domain.duty.watching import AnnounceShift, CheckOwners, announce_shift, check_owners

DUTY_HANDLERS: Mapping[type[Command[Any]], Callable[[Any, Unit], Awaitable[Any]]] = {
    RequestLeave: request_leave,
    ConfirmLeave: confirm_leave,
    CancelLeave: cancel_leave,
    ChooseHeir: choose_heir,
    AcceptDeputy: accept_deputy,
    DeclineDeputy: decline_deputy,
    PassLeave: pass_leave,
    EndLeave: end_leave,
    TakeBack: take_back,
    SwapShift: swap_shift,
    AcceptSwap: accept_swap,
    DeclineSwap: decline_swap,
    PassSwap: pass_swap,
    CoverShift: cover_shift,
    DisablePerson: disable_person,
    EnablePerson: enable_person,
    AnnounceShift: announce_shift,
    CheckOwners: check_owners,
}

# Theirs is a unit that also knows whose accounts are whose.
IDENTITY_HANDLERS: Mapping[type[Command[Any]], Callable[[Any, Any], Awaitable[Any]]] = {
    JoinPeople: join_people,
    SplitPeople: split_people,
    CloseAccount: close_account,
    RenameAccount: rename_account,
    WelcomeAccount: welcome_account,
}

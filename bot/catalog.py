"""Table of contents: which function answers which command, and what follows which event. Nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.duty_catalog import DUTY_HANDLERS, IDENTITY_HANDLERS
from bot.unit import Unit
from domain.base import Command, Event
from domain.dispatch.offering import (
    ExpireOffer,
    dispatch_moved,
    dispatch_opened,
    dispatch_reopened,
    expire_offer,
    pass_declined,
    pass_on,
    stand_by,
    stop_asking,
)
from domain.duty.rehoming import rehome_reopened
from domain.files.attaching import AttachFiles, MoveFiles, attach_files, move_files
from domain.files.settling import KeepFile, LoseFile, PassFile, keep_file, lose_file, pass_file
from domain.rooms.keeping import KeepRoom, LoseRoom, close_room, keep_room, lose_room, reopen_room
from domain.rooms.members import keep_members
from domain.rooms.opening import OpenRoom, open_for_level, open_for_priority, open_room
from domain.sla.escalating import (
    CallHeld,
    CallInstead,
    RaiseAlarm,
    TakeOver,
    call_held,
    call_instead,
    raise_alarm,
    take_over,
)
from domain.sla.events import CalledInstead, HeldCallMade, TicketEscalated
from domain.sla.extending import (
    ExtendDue,
    GrantExtension,
    RefuseExtension,
    WithdrawExtension,
    extend_due,
    grant_extension,
    refuse_extension,
    withdraw_extension,
)
from domain.sla.gathering import PostCalls, post_calls
from domain.sla.keeping import (
    cancel_clock,
    change_desk,
    change_priority,
    meet_all,
    meet_response,
    pause_clock,
    resume_clock,
    start_clock,
)
from domain.sla.recounting import RecountDue, recount_due
from domain.tickets import events as happened
from domain.tickets.assigning import (
    AcceptTicket,
    AssignTicket,
    DeclineTicket,
    ReleaseTicket,
    accept_ticket,
    assign_ticket,
    decline_ticket,
    release_ticket,
)
from domain.tickets.bringing import BringAlong, KeepOwnWords, bring_along, keep_own_words
from domain.tickets.conversing import (
    AddComment,
    AddNote,
    AnswerQuestion,
    AskRequester,
    add_comment,
    add_note,
    answer_question,
    ask_requester,
)
from domain.tickets.joining import MeToo, me_too
from domain.tickets.opening import (
    AmendDraft,
    OpenTicket,
    RemindDraft,
    StartDraft,
    SubmitDraft,
    amend_draft,
    open_ticket,
    remind_draft,
    start_draft,
    submit_draft,
)
from domain.tickets.reminding import (
    PostponeConfirmation,
    RemindRequester,
    postpone_confirmation,
    remind_requester,
)
from domain.tickets.resolving import (
    CancelTicket,
    CloseTicket,
    ConfirmResolution,
    LapseResolution,
    ReopenTicket,
    ResolveTicket,
    cancel_ticket,
    close_ticket,
    confirm_resolution,
    lapse_resolution,
    reopen_ticket,
    resolve_ticket,
)
from domain.tickets.steering import (
    FollowTicket,
    SetPriority,
    UnfollowTicket,
    UrgeTicket,
    follow_ticket,
    set_priority,
    unfollow_ticket,
    urge_ticket,
)
from domain.tickets.talking import SpeakInGroup, speak_in_group
from domain.tickets.ticket import Ticket
from domain.tickets.transferring import (
    ExpireTransfer,
    ReturnTransfer,
    TakeTransfer,
    TransferTicket,
    expire_transfer,
    return_transfer,
    take_transfer,
    transfer_ticket,
)

Handler = Callable[[Any, Unit], Awaitable[Any]]
Reaction = Callable[[Ticket, Unit], Awaitable[None]]

HANDLERS: Mapping[type[Command[Any]], Handler] = {
    StartDraft: start_draft,
    AmendDraft: amend_draft,
    SubmitDraft: submit_draft,
    RemindDraft: remind_draft,
    OpenTicket: open_ticket,
    BringAlong: bring_along,
    KeepOwnWords: keep_own_words,
    SpeakInGroup: speak_in_group,
    AcceptTicket: accept_ticket,
    DeclineTicket: decline_ticket,
    AssignTicket: assign_ticket,
    ReleaseTicket: release_ticket,
    TransferTicket: transfer_ticket,
    TakeTransfer: take_transfer,
    ReturnTransfer: return_transfer,
    ExpireTransfer: expire_transfer,
    ExpireOffer: expire_offer,
    AskRequester: ask_requester,
    AnswerQuestion: answer_question,
    AddComment: add_comment,
    AddNote: add_note,
    AttachFiles: attach_files,
    MoveFiles: move_files,
    KeepFile: keep_file,
    LoseFile: lose_file,
    PassFile: pass_file,
    ResolveTicket: resolve_ticket,
    ConfirmResolution: confirm_resolution,
    ReopenTicket: reopen_ticket,
    CancelTicket: cancel_ticket,
    CloseTicket: close_ticket,
    LapseResolution: lapse_resolution,
    PostponeConfirmation: postpone_confirmation,
    RemindRequester: remind_requester,
    SetPriority: set_priority,
    UrgeTicket: urge_ticket,
    FollowTicket: follow_ticket,
    UnfollowTicket: unfollow_ticket,
    MeToo: me_too,
    RaiseAlarm: raise_alarm,
    CallHeld: call_held,
    CallInstead: call_instead,
    PostCalls: post_calls,
    TakeOver: take_over,
    RecountDue: recount_due,
    ExtendDue: extend_due,
    GrantExtension: grant_extension,
    RefuseExtension: refuse_extension,
    WithdrawExtension: withdraw_extension,
    OpenRoom: open_room,
    KeepRoom: keep_room,
    LoseRoom: lose_room,
    **DUTY_HANDLERS,
    **IDENTITY_HANDLERS,
}

# In the order in which they run. Each runs in the transaction of its event.
REACTIONS: Mapping[type[Event], tuple[Reaction, ...]] = {
    happened.TicketOpened: (dispatch_opened, start_clock, open_for_priority),
    happened.TicketAccepted: (stop_asking, meet_response, keep_members),
    happened.TicketAssigned: (stop_asking, meet_response, keep_members),
    happened.TransferAccepted: (stop_asking, meet_response, keep_members),
    happened.TransferOffered: (stand_by,),
    happened.TransferReturned: (pass_on,),
    happened.TicketReleased: (resume_clock, pass_on),
    happened.TicketDeclined: (resume_clock, pass_declined),
    happened.DeskChanged: (resume_clock, change_desk, dispatch_moved, keep_members, open_for_priority),
    happened.QuestionAsked: (pause_clock,),
    happened.QuestionAnswered: (resume_clock,),
    happened.TicketResolved: (meet_all,),
    happened.TicketHandedOver: (stop_asking, meet_response, keep_members),
    happened.TicketReopened: (rehome_reopened, start_clock, dispatch_reopened, reopen_room),
    happened.TicketCancelled: (stop_asking, cancel_clock, close_room),
    happened.TicketClosed: (stop_asking, cancel_clock, close_room),
    happened.ResolutionConfirmed: (close_room,),
    happened.PriorityChanged: (change_priority, open_for_priority),
    TicketEscalated: (open_for_level, keep_members),
    HeldCallMade: (keep_members,),
    CalledInstead: (keep_members,),
}

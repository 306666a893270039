"""Commands that change nothing: they are answered with a screen."""

from __future__ import annotations

from bot.duty_screens import DUTY_READS
from domain.digest.looking import ShowDigest
from domain.files.looking import ShowFiles
from domain.people.looking import ShowBinding
from domain.quota.looking import ShowQuota
from domain.tickets.looking import ExplainDue, ListMine, ListTodo, LookAt, SearchTickets, ShowHelp, ShowMoves

READS = (
    ShowFiles,
    LookAt,
    ExplainDue,
    ShowMoves,
    ListMine,
    ListTodo,
    SearchTickets,
    ShowHelp,
    ShowDigest,
    ShowQuota,
    ShowBinding,
    *DUTY_READS,
)

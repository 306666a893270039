"""What every chat platform speaks to the rest of the program, and the ways it can fail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol, runtime_checkable

from adapters.card import Card
from domain.base import Account, Conversation
from domain.tickets.context import Passage


@dataclass(frozen=True)
class FileRef:
    """A picture, voice, video or file that still lies with the platform. ``key`` is what fetches it."""

    platform: str
    kind: str  # image · voice · video · file
    key: str
    name: str = ""


@dataclass(frozen=True)
class Grant:
    """The right to edit one card once (WeCom's response_code), until ``until``."""

    code: str
    until: datetime


# ── what comes in ────────────────────────────────────────────────────────────────────────────────────
# ``id`` is the idempotency key "<platform>:<tenant>:<door>:<message id>": one id, one effect, for ever.


@dataclass(frozen=True)
class Brought:
    """Others' messages that somebody brings along: a forwarded record, or the message that is replied to.

    ``id`` is the same for whoever brings the same. ``is_record`` tells a record, of which DingTalk gives only a part.
    """

    passages: tuple[Passage, ...]
    id: str
    is_record: bool = False


@dataclass(frozen=True)
class Said:
    id: str
    sender: Account
    place: Conversation
    text: str  # trimmed; no leading @bot; NUL and lone surrogates already removed
    files: tuple[FileRef, ...] = ()
    sender_name: str = ""
    quoted: str = ""  # text of the message that was replied to
    brought: Brought | None = None
    mentions: tuple[Account, ...] = ()  # people named with a real @, never the bot


@dataclass(frozen=True)
class Pressed:
    id: str
    sender: Account
    place: Conversation | None  # None where the platform does not say
    copy: str  # handle of the pressed copy (task_id, outTrackId)
    key: str  # what ``grammar.key_of`` wrote on the button
    answers: Mapping[str, str] = field(default_factory=dict)  # Choice.key -> Option.id
    grant: Grant | None = None
    sender_name: str = ""


@dataclass(frozen=True)
class Joined:
    """Somebody opened the chat with the bot (or the bot came into a group)."""

    id: str
    sender: Account
    place: Conversation


@dataclass(frozen=True)
class Unreadable:
    """A message whose content cannot be had. ``kind`` is the platform's word; QUOTA means it was withheld."""

    id: str
    sender: Account
    place: Conversation
    kind: str
    QUOTA = "quota"
    RECORD = "record"  # a forwarded record, of which the platform gives nothing


# What nobody said to the bot: it happened.


@dataclass(frozen=True)
class Left:
    """People left the organisation."""

    id: str
    people: tuple[Account, ...]


@dataclass(frozen=True)
class Came:
    """Into the organisation, for the first time or again. Another shape than ``Left``: both are kept as JSON."""

    id: str
    newcomers: tuple[Account, ...]


@dataclass(frozen=True)
class GroupGone:
    id: str
    place: Conversation
    why: str
    DISSOLVED = "dissolved"
    REMOVED = "removed"  # the bot was taken out


@dataclass(frozen=True)
class GroupRenamed:
    id: str
    place: Conversation
    title: str


class Change(Enum):
    LEFT = "left"  # or was disabled
    RENAMED = "renamed"
    CAME = "came"


@dataclass(frozen=True)
class AccountChanged:
    """The company's address book changed. ``became`` is the new account of who was renamed."""

    id: str
    sender: Account
    change: Change
    became: Account | None = None


Incoming = Said | Pressed | Joined | Unreadable | AccountChanged
Happened = Left | Came | GroupGone | GroupRenamed


@dataclass(frozen=True)
class Reply:
    """The immediate answer. For a press, ``card`` replaces the pressed copy (``note`` tells the presser why);
    for a message it is posted in the same conversation. An empty reply is a fine reply."""

    text: str = ""
    card: Card | None = None
    note: str = ""


# Durable when it returns; raises when nothing could be stored, and then the door must not acknowledge.
Receive = Callable[[Incoming], Awaitable[Reply]]
Notice = Callable[[Happened], Awaitable[object]]  # durable likewise


# ── what goes out ────────────────────────────────────────────────────────────────────────────────────


class Edits(Enum):
    ANYTIME = "anytime"
    GRANTED = "granted"  # needs a live Grant
    NEVER = "never"


@dataclass(frozen=True)
class Capabilities:
    """What one conversation can show. A property of the conversation, not of the platform."""

    edits: Edits
    buttons: int = 0  # 0: cards become text with phrases
    fields: int = 0
    choices: bool = False
    mentions: bool = False
    asides: bool = True  # a press's note is seen by the presser alone, and cannot be lost on the way
    title_chars: int = 36
    lead_chars: int = 160
    field_name_chars: int = 5
    field_value_chars: int = 30
    button_chars: int = 10
    text_bytes: int = 2048


@dataclass(frozen=True)
class CardCopy:
    """One card that is out in a chat."""

    place: Conversation
    handle: str
    grant: Grant | None = None


@dataclass(frozen=True)
class Profile:
    account: Account
    name: str


@dataclass(frozen=True)
class Parcel:
    """A file on its way to somebody. ``type`` is what its bytes are ("image/png"), never what was claimed."""

    name: str
    type: str
    data: bytes = field(repr=False)


class Sink(Protocol):
    """Where the bytes of a fetched file go."""

    async def write(self, piece: bytes) -> None: ...


# ── how it is doing ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Finding:
    """One line of ``paidan doctor``: what was tried, whether it works, and the step that mends it (zh-CN).

    ``id`` is for machines and stays as it is when the words change: "dingtalk.corp", "wecom-webhook.it-alerts".
    """

    ok: bool
    what: str
    fix: str = ""
    id: str = ""


class ChatPlatform(Protocol):
    """One way out. ``key`` is stable for one effect: a repeat with the same key and card must be the same
    bytes on the wire, so that the platform can drop it."""

    name: str

    def capabilities(self, place: Conversation) -> Capabilities: ...

    async def post(self, place: Conversation, card: Card, *, key: str) -> CardCopy:
        """Show ``card`` (already fitted) as a new copy."""

    async def edit(self, copy: CardCopy, card: Card) -> CardCopy:
        """Repaint one copy. Raises EditSpent where the right to do so is gone."""

    async def say(self, place: Conversation, text: str, *, key: str, mention: Sequence[Account] = ()) -> None:
        """Say plain text; longer than ``text_bytes`` is split on line and character borders."""

    async def profile(self, account: Account) -> Profile: ...

    async def fetch(self, file: FileRef, into: Sink, *, limit: int) -> None:
        """Writes the bytes behind ``file``; what was written counts only when it returns.

        Raises TooBig beyond ``limit`` bytes, Rejected when they can't be had any more.
        """

    async def send_file(self, place: Conversation, file: Parcel, *, key: str) -> None:
        """Show ``file`` there: pictures as pictures. Raises Unfit where it can't be shown like that."""

    async def diagnose(self) -> Sequence[Finding]:
        """Try everything that the bot needs of this platform, and say in plain words what to mend."""


@runtime_checkable
class Insistent(Protocol):
    """A way out that can ring people up, beside what it says to them."""

    name: str

    async def insist(self, people: Sequence[Account], text: str) -> None:
        """Raises PlatformError; Misconfigured where edition or permission don't allow it."""


@runtime_checkable
class Metered(Protocol):
    """A way out of which calls are billed. After somebody spoke, words to them cost nothing for a while."""

    name: str

    async def free_way(self, place: Conversation) -> Capabilities | None:
        """What can be shown in ``place`` without a billed call now, or None when nothing can."""

    async def post_freely(self, place: Conversation, card: Card, *, key: str) -> CardCopy:
        """Show ``card``, fitted to what ``free_way`` said, in words that will not change."""

    def is_fixed(self, handle: str) -> bool:
        """Whether the copy is words, which stay as they were said."""


@runtime_checkable
class Rooms(Protocol):
    """A way out that makes groups of its own. ``place`` is a group whose key we chose, so that making it twice is
    making it once."""

    name: str

    async def open_room(
        self, place: Conversation, name: str, members: Sequence[Account]
    ) -> frozenset[Account]:
        """Makes the group, or finds it made. The first of ``members`` owns it.

        Answers who is in it: who can't be added is left out. Raises TooFew when that leaves no two.
        """

    async def change_room(self, place: Conversation, members: Sequence[Account]) -> frozenset[Account]:
        """Brings the group to these members. Raises TooFew, and NotReachable when it is not there any more."""


# ── how it fails ─────────────────────────────────────────────────────────────────────────────────────


class PlatformError(Exception):
    """The outside did not do what it was asked. Subclasses say what to do next.

    PlatformError
    ├── Unreachable            try again later; whether it arrived is unknown
    │   └── Elsewhere          only another replica can: give it back, this was no attempt
    ├── RateLimited            try again after ``retry_after`` seconds
    │   └── Paced              we held it back ourselves and nothing was sent: this was no attempt
    ├── Rejected               never try the same again; ``code`` and ``message`` are the platform's
    │   ├── NotReachable       these people or this place can't be reached: fall back
    │   │   └── PlaceGone      the group is no more, or the bot is out of it
    │   ├── QuotaSpent         the month's budget is gone
    │   ├── TooBig             a file is larger than what we take
    │   ├── Unfit              this place takes no such file: say where it can be found instead
    │   └── Misconfigured      an administrator must act; ``fix`` says how, in zh-CN
    └── EditSpent              the copy can't be repainted any more: post anew
    """


class Unreachable(PlatformError):
    pass


class Elsewhere(Unreachable):
    pass


class RateLimited(PlatformError):
    def __init__(self, retry_after: float, code: str = "") -> None:
        super().__init__(f"rate limited for {retry_after:.0f} s ({code})")
        self.retry_after = retry_after
        self.code = code


class Paced(RateLimited):
    pass


class Rejected(PlatformError):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class NotReachable(Rejected):
    def __init__(self, code: str, message: str, who: tuple[str, ...] = ()) -> None:
        super().__init__(code, message)
        self.who = who


class TooFew(Rejected):
    """``who`` can be added, but they are not two."""

    def __init__(self, who: Sequence[Account]) -> None:
        super().__init__("too_few", f"{len(who)} can be added")
        self.who = tuple(who)


class PlaceGone(NotReachable):
    pass


class QuotaSpent(Rejected):
    pass


class TooBig(Rejected):
    pass


class Unfit(Rejected):
    pass


class Misconfigured(Rejected):
    def __init__(self, code: str, message: str, fix: str) -> None:
        super().__init__(code, message)
        self.fix = fix


class EditSpent(PlatformError):
    pass

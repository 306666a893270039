"""What the documents leave open about AI bots (wecom.md §10.7 and §10.8): each doubt is a field, both settings play."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass
class BotLimits:
    """§4.7 and §4.8. A test may lower them."""

    chat_per_minute: int = 30
    chat_per_hour: int = 1000
    uploads_per_minute: int = 30
    subscribes_per_minute: int = 20  # no page names it; 45009 has been seen
    in_conversation: int = 3  # messages of one person that wait for an answer


@dataclass
class BotSwitches:
    # The connection
    redelivers_after_gap: bool = False  # what came while nobody was connected: lost, or delivered later
    kicked_stays_open: bool = False  # seen: pings are acknowledged, nothing else comes
    legacy_callback_name: bool = False  # aibot_callback, early in 2026
    delivers_own_name: bool = True  # 「@小单 …」 keeps the name in front of the text

    # Replies
    stream_window: timedelta = timedelta(minutes=6)  # or 10, seen in autumn 2026
    later_frames_prolong: bool = False
    late_stream_is_swallowed: bool = False  # acknowledged, but never shown
    stream_frames_count: bool = False  # each frame towards 30 a minute, or each message
    stream_with_card: bool = True
    update_window: timedelta = timedelta(seconds=5)

    # Pushes
    group_push: bool = True
    group_cards: bool = True
    push_refusal: int = 93006  # or 95001
    push_window: timedelta | None = None  # how long a chat stays open after somebody spoke; None: for ever
    chunk_base: int | None = None  # the first chunk's number: 0, 1, or either

    # People
    opaque_ids: bool = False  # "wo…" instead of the userid

    limits: BotLimits = field(default_factory=BotLimits)

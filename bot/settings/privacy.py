"""[privacy]: what is not spoken of before everybody."""

from __future__ import annotations

from bot.settings.values import Section
from domain.tickets.privacy import PRIVATE_WORDS


class PrivacySection(Section):
    """Who says one of ``words`` to the bot in a group is asked to go on in private; [] asks nobody."""

    words: tuple[str, ...] = PRIVATE_WORDS

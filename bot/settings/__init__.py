"""config.toml into small typed sections. Every mistake is found at once, with its path.

Precedence: ``PAIDAN_<SECTION>__<KEY>`` in the environment, then ``PAIDAN_<SECTION>__<KEY>_FILE`` (a file that
holds a secret), then the TOML file, then the defaults here.
"""

from bot.settings.calendars import CalendarSection
from bot.settings.checking import cross_check
from bot.settings.desks import CategorySection, DeskSection
from bot.settings.digest import DigestSection
from bot.settings.dispatch import DispatchSection
from bot.settings.loading import BadSettings, load
from bot.settings.people import PersonSection
from bot.settings.problems import Problem
from bot.settings.rosters import RosterSection
from bot.settings.settings import Settings
from bot.settings.sla import SlaSection, TargetSection

__all__ = [
    "BadSettings",
    "CalendarSection",
    "CategorySection",
    "DeskSection",
    "DigestSection",
    "DispatchSection",
    "PersonSection",
    "Problem",
    "RosterSection",
    "Settings",
    "SlaSection",
    "TargetSection",
    "cross_check",
    "load",
]

"""How much each campaign does: the one place to look at when it takes too long or proves too little.

The first figure is for `make campaign`, the second for `make campaign-long`, a night before a release.
"""

from __future__ import annotations

import os

IS_LONG = os.environ.get("PAIDAN_CAMPAIGN", "") == "long"


def sized(usual: int, long: int) -> int:
    return long if IS_LONG else usual


# kill -9, on each database
KILLS_AT_POINTS = sized(250, 5_000)
KILLS_ANYWHERE = sized(40, 500)

# Of the statements, calls and files of an act: every so-and-so-many-th fails once
FAILURES_APART = sized(7, 1)

TICKETS_IN_AN_OUTAGE = sized(300, 300)
TIMERS = sized(2_000, 10_000)
TICKETS_IN_A_DAY = sized(500, 5_000)

"""How much each campaign does: the one place to look at when it takes too long or proves too little.

The first figure is for `make campaign`, which is part of every CI run and fits into twenty minutes of two cores.
The second is for `make campaign-long`, for a night before a release.
"""

from __future__ import annotations

import os

IS_LONG = os.environ.get("PAIDAN_CAMPAIGN", "") == "long"


def sized(usual: int, long: int) -> int:
    return long if IS_LONG else usual


# kill -9, on each database
KILLS_AT_POINTS = sized(60, 5_000)
KILLS_ANYWHERE = sized(40, 500)

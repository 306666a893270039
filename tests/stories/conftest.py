"""A stage for every combination of platforms and databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.playground import playing
from tests.browser import OpenPage
from tests.stories.hand import Hand
from tests.stories.stage import GROUP, Platform, Stage, free_port, staged


class Cast:
    """Who stands where: the requester's platform and the desk's."""

    def __init__(self, requester: Platform, desk: Platform) -> None:
        self.requester = requester
        self.desk = desk

    @property
    def channels(self) -> list[str]:
        """A WeCom desk has no group in which one can press; its group only hears."""
        return (
            [f"dingtalk:{GROUP}", "wecom-webhook:it-alerts"]
            if self.desk == "dingtalk"
            else ["wecom-webhook:it-alerts"]
        )


CASTS = {
    "wecom-to-wecom": Cast("wecom", "wecom"),
    "dingtalk-to-dingtalk": Cast("dingtalk", "dingtalk"),
    "wecom-to-dingtalk": Cast("wecom", "dingtalk"),
    "dingtalk-to-wecom": Cast("dingtalk", "wecom"),
}


# Both platforms and both databases in two runs instead of eight.
on_both_platforms = pytest.mark.parametrize(
    ("database_url", "cast"),
    [("sqlite", CASTS["wecom-to-wecom"]), ("postgres", CASTS["dingtalk-to-dingtalk"])],
    indirect=["database_url"],
    ids=["wecom", "dingtalk"],
)


@pytest.fixture(params=list(CASTS.values()), ids=list(CASTS))
def cast(request: pytest.FixtureRequest) -> Cast:
    found: Cast = request.param
    return found


@pytest.fixture
async def stage(database_url: str, tmp_path: Path, cast: Cast) -> AsyncIterator[Stage]:
    async with staged(database_url, tmp_path, channels=cast.channels) as made:
        yield made
        made.assert_clean()


@pytest.fixture
async def playground(tmp_path: Path) -> AsyncIterator[str]:
    port = free_port()
    async with playing(port, tmp_path, past=False):
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture
async def hand(playground: str, page: OpenPage, tmp_path: Path) -> Hand:
    opened = await page()
    await opened.goto(playground)
    made = Hand(opened, tmp_path / "pictures")
    await made.quiet()
    return made

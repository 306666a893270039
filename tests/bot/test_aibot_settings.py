"""[wecom.aibot]: what is wrong with it is said with its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.app import build
from bot.settings import BadSettings, load

WECOM = '[wecom]\ncorp_id = "ww1"\n'
BOT = '[wecom.aibot]\nbot_id = "aib1"\nsecret = "s"\n'
DESK = """
[[people]]
name = "李四"
wecom = "LiSi"
[[desks]]
key = "it"
name = "IT"
prefix = "IT"
members = ["李四"]
channels = ["wecom-aibot:wrGroup"]
"""


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAIDAN_CONFIG", "")


@pytest.mark.parametrize(
    ("text", "path", "says"),
    [
        (WECOM + DESK, "desks[0].channels", "没有 [wecom.aibot] 一节"),
        (WECOM + BOT.replace("aib1", " "), "wecom.aibot.bot_id", "不能为空"),
        (WECOM + BOT + 'ws_url = "https://x"\n', "wecom.aibot.ws_url", "wss://"),
        (WECOM + BOT + 'token = "t"\n', "wecom.aibot.encoding_aes_key", "都要填写"),
        (WECOM + BOT + 'name = "@小单"\n', "wecom.aibot.name", "不要带 @"),
    ],
)
def test_mistakes_are_listed_with_their_path(tmp_path: Path, text: str, path: str, says: str) -> None:
    with pytest.raises(BadSettings) as refused:
        load(_written(tmp_path, text))
    (problem,) = refused.value.problems
    assert problem.path == path
    assert says in problem.text


async def test_without_an_application_private_chats_are_the_bots(tmp_path: Path) -> None:
    url = f'[storage]\nurl = "sqlite:///{tmp_path / "paidan.db"}"\n'
    settings = load(_written(tmp_path, url + WECOM + BOT + DESK))
    app = build(settings)
    try:
        assert app.platforms["wecom"] is app.platforms["wecom-aibot"]
    finally:
        await app.stop()


def _written(folder: Path, text: str) -> str:
    path = folder / "config.toml"
    path.write_text(text, "utf-8")
    return str(path)

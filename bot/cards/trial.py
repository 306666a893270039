"""The card that ``paidan doctor --send-test`` shows to administrators: everything that a template must draw."""

from __future__ import annotations

from adapters.card import Button, Card, Field, Tone
from domain.tickets.looking import ShowHelp


def trial_card() -> Card:
    """An old template draws a part of it and no call is refused for that: only somebody who looks can tell."""
    return Card(
        title="派单自检",
        status="请核对",
        tone=Tone.WAITING,
        lead="看到这张卡片，说明消息能到您这里。",
        fields=(
            Field("看", "标题、状态、说明、两行字段、按钮"),
            Field("按", "「帮助」：有回答（说失效也算）就接通了"),
        ),
        buttons=(Button("帮助", ShowHelp()),),
        note="少了哪一样：卡片模板是旧的，请重新导入并发布。",
        source="派单 · 自检",
    )

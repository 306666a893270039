"""Leave, duty and the digest, on both phones, on a wide page and a narrow one: nothing is missing or cut."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser import OpenPage
from tests.stories.hand import DINGTALK, WECOM, Hand

IDS = {
    "wecom": {"张三": "ZhangSan", "李四": "LiSi", "王强": "WangQiang"},
    "dingtalk": {"张三": "zhangsan01", "李四": "lisi01", "王强": "wangqiang01"},
}
CUT = """cards => cards.filter(
    card => card.scrollWidth > card.clientWidth + 1 || card.textContent.includes("…")
).map(card => card.textContent)"""


@dataclass
class InHand:
    """One phone that goes from person to person."""

    hand: Hand
    on: str
    width: int

    @property
    def phone(self) -> str:
        return WECOM if self.on == "wecom" else DINGTALK

    async def becomes(self, name: str) -> None:
        await self.hand.becomes(self.on, IDS[self.on][name])
        await self.hand.opens(self.phone, IDS[self.on][name])

    async def says(self, text: str) -> None:
        await self.hand.says(self.phone, text)

    async def presses(self, label: str) -> None:
        await self.hand.presses(self.phone, label)

    async def sees(self, *texts: str) -> None:
        for text in texts:
            await self.hand.sees(self.phone, text)
        await self.hand.picture(f"{self.on}-{self.width}-{texts[0].split()[0]}")

    async def waits(self, hours: int) -> None:
        for _ in range(hours):
            # On a narrow page the tools are folded away; the button works all the same.
            await self.hand.page.locator('[data-action="advance-1h"]').first.evaluate("it => it.click()")
            await self.hand.quiet()

    async def cut(self) -> list[str]:
        found: list[str] = await self.hand.phone(self.phone).locator("[data-bubble]").evaluate_all(CUT)
        return found


@pytest.mark.parametrize(("on", "width"), [("wecom", 390), ("dingtalk", 1280)])
async def test_leave_duty_and_digest(
    on: str, width: int, playground: str, page: OpenPage, tmp_path: Path
) -> None:
    opened = await page(width=width, height=1000)
    await opened.goto(playground)
    my = InHand(Hand(opened, tmp_path / "pictures"), on, width)
    if width < 900:
        await opened.locator(f'[data-tab="{on}"]').click()
    await my.becomes("王强")
    await my.says("我的")
    await my.becomes("张三")
    await my.says("报修 3楼打印机卡纸")
    await my.says("报修 VPN 连不上")
    await my.becomes("李四")
    await my.says("接单 1001")
    await my.says("接单 1002")

    await my.says("谁值班")
    await my.sees("谁值班", "交接清单")
    duty = await opened.locator("[data-bubble]", has_text="本班").last.text_content()
    await my.says("请假 明天 王强代")
    await my.sees("将移交", "处理中 2")
    await my.presses("逐单选")
    await my.presses("王强")
    await my.presses("放回服务台")
    await my.sees("服务台", "IT-1002 VPN 连不上")
    await my.presses("确认")
    await my.sees("等代理人答复")
    assert await my.cut() == []

    await my.becomes("王强")
    await my.sees("请您代理 李四")
    await my.presses("接受")
    await my.sees("您将代理 李四")
    await my.waits(25)
    await my.sees("李四 请假中", "移交 2 单")
    await my.says("早报")
    await my.sees("早报", "移交给您", "IT-1001 3楼打印机卡纸")
    await my.says("谁值班")
    last = opened.locator("[data-bubble]", has_text="本班").last
    await expect(last).not_to_have_text(duty or "")
    assert await my.cut() == []

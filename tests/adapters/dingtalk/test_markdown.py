"""People's words on our cards: readable, and without any power."""

from __future__ import annotations

import pytest

from adapters.dingtalk.markdown import escape, escape_line, link, mentions, plain, saying
from domain.base import Account


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("打印机卡纸，灯是红的", "打印机卡纸，灯是红的"),
        (
            "[点我](dtmd://dingtalkclient/sendMessage?content=x)",
            "[点我］(dtmd://dingtalkclient/sendMessage?content=x)",
        ),
        ("![](https://evil.example/p.png)", "![］(https://evil.example/p.png)"),
        ("[a][b]", "[a］[b]"),
        ("[a]: https://evil.example", "[a］: https://evil.example"),
        ("<a atId=all>所有人</a>", "＜a atId=all>所有人＜/a>"),
        ("**紧急**", "＊＊紧急＊＊"),
        ("# 大标题", "＃ 大标题"),
        ("> 引用", "＞ 引用"),
        ("标题\n===\n正文\n---", "标题  \n＝  \n正文  \n－"),
        ("- 一\n- 二", "- 一  \n- 二"),
        ("a | b", "a ｜ b"),
        ("```sh\nrm```", "ˋˋˋsh  \nrmˋˋˋ"),
        ("    缩进", "缩进"),
        ("文件 my_file_name.txt 在 C:\\temp", "文件 my_file_name.txt 在 C:\\temp"),
        ("价格\u202e001\x00\x07", "价格001"),
        ("第一行\r\n第二行", "第一行  \n第二行"),
    ],
)
def test_words_stay_words(said: str, shown: str) -> None:
    assert escape(said) == shown


def test_a_line_is_one_line() -> None:
    assert escape_line("一\n# 二\t三") == "一 # 二 三"
    assert plain("  一\n二  ") == "一 二"


def test_a_link_survives_odd_labels_and_addresses() -> None:
    assert link("[单]", "https://x.example/a(b) c") == "[［单］](https://x.example/a%28b%29%20c)"


def test_a_phrase_is_said_by_link() -> None:
    assert saying("接单", "接单 IT-1042") == (
        "[接单](dtmd://dingtalkclient/sendMessage?content=%E6%8E%A5%E5%8D%95%20IT-1042)"
    )


def test_only_members_are_mentioned() -> None:
    li, guest = Account("dingtalk", "lisi01"), Account("dingtalk", "dingother/$:LWCP_v1:$x")
    assert mentions([(li, "李<四>"), (guest, "客户")]) == "<a atId=lisi01>李＜四></a>"

"""What is private is said in private, and a title in a group tells no numbers (rule G6)."""

from __future__ import annotations

import pytest

from domain.tickets.privacy import PRIVATE_TITLE, PRIVATE_WORDS, is_private, public_title


@pytest.mark.parametrize("text", ["上个月工资少发了", "邮箱密码忘了", "我的帐号被锁", "OA 账号登不上"])
def test_pay_and_accounts_are_private(text: str) -> None:
    assert is_private(text, PRIVATE_WORDS)
    assert public_title(text, PRIVATE_WORDS) == PRIVATE_TITLE


def test_whoever_wants_no_such_words_has_none() -> None:
    assert not is_private("上个月工资少发了", ())
    assert not is_private("3楼打印机卡纸", PRIVATE_WORDS)
    assert is_private("vpn 有问题", ("VPN",))


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("请回电 13800138000", "请回电 138****8000"),
        ("证件 11010519491231002X 读不出", "证件 110****002X 读不出"),
        ("3楼 305 室 2 台", "3楼 305 室 2 台"),
        ("设备 20260302 坏了", "设备 20260302 坏了"),
    ],
)
def test_long_numbers_are_covered(title: str, shown: str) -> None:
    assert public_title(title, ()) == shown

"""What does not belong before everybody's eyes: matters that are spoken of in private, and numbers in titles (G6).

Words decide, not meaning: too careful costs one more message, too careless tells a group somebody's pay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# Pay and accounts, as flow E names them, and what people write instead.
PRIVATE_WORDS = (
    *("薪酬", "薪资", "工资", "奖金", "年终奖", "绩效", "个税", "社保", "公积金", "报销款"),
    *("账号", "帐号", "密码", "口令", "验证码", "身份证", "银行卡"),
)
PRIVATE_TITLE = "（私密事项，详情请私聊）"

# Phone numbers, identity cards, bank cards: so many digits in a row are never a room or a device.
_LONG_NUMBER = re.compile(r"(?<!\d)(\d{3})\d{4,12}(\d{3}[\dXx])(?!\d)")


def is_private(text: str, words: Iterable[str]) -> bool:
    folded = text.casefold()
    return any(word.casefold() in folded for word in words)


def public_title(title: str, words: Iterable[str]) -> str:
    """The title as a group may read it."""
    return PRIVATE_TITLE if is_private(title, words) else _LONG_NUMBER.sub(r"\1****\2", title)

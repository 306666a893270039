"""Files in words: what they are called, why one could not be had, and what to do about it."""

from __future__ import annotations

from domain.files.file import Check, Stage, TicketFile, Trouble

_WHY = {
    Trouble.GONE: ("已过期", "请重发"),
    Trouble.UNREACHABLE: ("平台没有给到文件", "请重发"),
    Trouble.TOO_BIG: ("超过大小上限", "请压缩后重发"),
    Trouble.EMPTY: ("是空的", "请重发"),
    Trouble.NOT_IT: ("内容不对", "请重发"),
    Trouble.BROKEN: ("不完整", "请重发"),
    Trouble.FORBIDDEN: ("这种文件不收", "请改发图片、PDF、Office 文档或压缩包"),
    Trouble.NO_ROOM: ("这张单的附件已到上限", "请改发网盘链接"),
    Trouble.NO_BUDGET: ("平台本月额度已用完", "急用请在另一个平台重发"),
    Trouble.INFECTED: ("查出病毒，已隔离", "请杀毒后重发"),
}


def called(what: str, nth: int, name: str = "") -> str:
    """「图 2」, 「附件 3「报价.pdf」」."""
    if what == "image":
        return f"图 {nth}"
    return f"附件 {nth}" + (f"「{name}」" if name else "")


def why(trouble: Trouble) -> str:
    return _WHY[trouble][0]


def lost_words(what: str, nth: int, name: str, trouble: Trouble) -> str:
    """「图 2 未取到（已过期），请重发」."""
    reason, advice = _WHY[trouble]
    return f"{called(what, nth, name)} 未取到（{reason}），{advice}"


def size_words(size: int) -> str:
    """「2.1 MB」; nobody counts single bytes."""
    if size < 1024 * 1024:
        return f"{max(round(size / 1024), 1)} KB"
    return f"{size / 1024 / 1024:.1f} MB"


def standing_words(file: TicketFile) -> str:
    """What is to be said of a file besides its name."""
    if file.stage is Stage.LOST and file.trouble is not None:
        return f"未取到（{why(file.trouble)}）"
    if file.stage is Stage.WAITING:
        return "正在取"
    if file.stage is Stage.REMOVED:
        return "已过保存期限，已清理"
    if file.check is Check.PENDING:
        return "待查毒，查过后可看"
    return size_words(file.size)

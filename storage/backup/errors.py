"""Why a backup can't be used. ``str()`` is for the operator, in zh-CN; nothing was written when one is raised."""

from __future__ import annotations


class UnusableBackup(Exception):
    """Refused as a whole."""


class NotABackup(UnusableBackup):
    def __init__(self) -> None:
        super().__init__("这不是派单的备份文件，或者是更新版本的派单做的，请用做备份的那个版本或更新的版本。")


class UnknownKey(UnusableBackup):
    def __init__(self, kid: str) -> None:
        super().__init__(
            f"这份备份用密钥「{kid}」加密，这里没有这个密钥。"
            "请把它写进 [storage] encryption_keys，或用 --key 指定密钥文件。"
        )
        self.kid = kid


class Damaged(UnusableBackup):
    """``what`` completes the sentence."""

    def __init__(self, what: str) -> None:
        super().__init__(f"备份文件不完整或被改动：{what}。请换一份备份。")


class NewerBackup(UnusableBackup):
    def __init__(self, revision: str) -> None:
        super().__init__(f"备份来自更新版本的派单（数据库结构 {revision}），请先升级派单再恢复。")


class NotEmpty(UnusableBackup):
    def __init__(self, what: str) -> None:
        super().__init__(f"只能恢复到空的地方：{what} 里已经有数据。请换一个空的数据库和目录。")


class NotMigrated(UnusableBackup):
    def __init__(self) -> None:
        super().__init__("数据库结构不是最新，请先运行 paidan migrate。")

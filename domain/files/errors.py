"""Refusals about files."""

from __future__ import annotations

from typing import ClassVar

from domain.base import DomainError


class FileNotThere(DomainError):
    code: ClassVar[str] = "file_not_there"

    def __init__(self, file: int) -> None:
        super().__init__("没有这个附件，可能已过保存期限。")
        self.file = file

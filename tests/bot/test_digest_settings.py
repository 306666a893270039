"""[digest] in the configuration: what makes no sense is refused, with the path and the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import BadSettings, load


@pytest.mark.parametrize(
    ("written", "path", "reason"),
    [
        ('at = "25:00"', "digest.at", "没有「25:00」这个时间"),
        ('at = "13:00"', "digest.until", "应晚于 at（13:00）"),
        ('to = ["everybody"]', "digest.to[0]", "只能是"),
        ('time = "09:00"', "digest.time", "没有这个配置项"),
    ],
)
def test_a_mistake_is_told_with_its_path(
    written: str, path: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAIDAN_CONFIG", "")
    file = tmp_path / "config.toml"
    file.write_text(f"[digest]\n{written}\n", encoding="utf-8")
    with pytest.raises(BadSettings) as refused:
        load(str(file))
    (problem,) = refused.value.problems
    assert problem.path == path
    assert reason in problem.text

"""[[wecom.apps]]: further applications, and mistakes with their path."""

from __future__ import annotations

from typing import Any

import pytest

from bot.platforms import further_wecom_apps
from bot.settings import Settings, cross_check

FIRST = {"agent_id": 1, "secret": "s1", "token": "t1", "encoding_aes_key": "a" * 43}
HR = {"name": "hr", "agent_id": 2, "secret": "s2", "token": "t2", "encoding_aes_key": "b" * 43}


def settings(*apps: Any, app: Any = FIRST) -> Settings:
    return Settings.model_validate({"wecom": {"corp_id": "ww1", "app": app, "apps": apps}})


def test_each_application_has_its_own_keys_door_and_chats() -> None:
    (hr,) = further_wecom_apps(settings(HR))
    assert (hr.corp_id, hr.agent_id, hr.platform, hr.door) == ("ww1", 2, "wecom-app-hr", "wecom:ww1:2")
    assert "s2" not in repr(hr)
    assert list(cross_check(settings(HR))) == []


@pytest.mark.parametrize(
    ("apps", "first", "path"),
    [
        ([HR], None, "wecom.apps"),
        ([HR, {**HR, "agent_id": 3}], FIRST, "wecom.apps"),
        ([{**HR, "agent_id": 1}], FIRST, "wecom.apps"),
        ([{**HR, "encoding_aes_key": "short"}], FIRST, "wecom.apps[0].encoding_aes_key"),
        ([], {**FIRST, "encoding_aes_key": "short"}, "wecom.app.encoding_aes_key"),
    ],
)
def test_a_mistake_is_told_with_its_path(apps: list[Any], first: Any, path: str) -> None:
    assert [problem.path for problem in cross_check(settings(*apps, app=first))] == [path]


@pytest.mark.parametrize("name", ["", "HR", "人事", "-hr", "h/r", "x" * 33])
def test_a_name_ends_an_address(name: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        settings({**HR, "name": name})

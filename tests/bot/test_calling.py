"""Targets and fall-backs in the configuration: what calls nobody is refused, with the path and the reason."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bot.promises import policies
from bot.settings import Settings, cross_check
from domain.sla.recipients import ADMINS, ASSIGNEE, CHANNELS, LEAD, ON_DUTY, USUAL, Recipient, Who

COMPANY: dict[str, Any] = {
    "people": [{"name": "李四", "wecom": "LiSi"}, {"name": "王强"}],
    "desks": [{"key": "it", "name": "IT", "prefix": "IT", "lead": "李四", "sla": "a"}],
    "dingtalk": None,
    "rosters": [],
    "wecom": {"corp_id": "ww1", "webhooks": [{"name": "alerts", "key": "k"}]},
}
SLA: dict[str, Any] = {"name": "a", "P1": {"respond": "15m"}, "ladder": ["0s", "30m"]}
GOOD: dict[str, Any] = {"L1": ["assignee"], "L2": ["lead", "wecom-webhook:alerts"]}


def settings(**changes: Any) -> Settings:
    return Settings.model_validate({**COMPANY, "sla": [{**SLA, **changes}]})


def problems(**changes: Any) -> dict[str, str]:
    return {problem.path: problem.text for problem in cross_check(settings(**changes))}


def test_a_good_plan_is_read() -> None:
    made = settings(targets=GOOD | {"warn": ["on-duty"]}, fallback={"lead": "people:李四"})
    assert list(cross_check(made)) == []
    plan = policies(made.sla)["a"].calls
    (_, group) = plan.of(2)
    assert [list(plan.of(stage)) for stage in (0, 1)] == [[ON_DUTY], [ASSIGNEE]]
    assert str(group) == "wecom-webhook:alerts"
    assert plan.chain(LEAD, 1)[:2] == (LEAD, Recipient(Who.PERSON, name="李四"))
    assert plan.of(5) == plan.of(2)


def test_without_targets_it_is_as_usual() -> None:
    plan = policies(settings(fallback={"channels": "on-duty"}).sla)["a"].calls
    assert plan.levels == USUAL
    assert plan.chain(CHANNELS, 1)[1] == ON_DUTY
    assert plan.chain(CHANNELS, 1)[-1] == ADMINS


@pytest.mark.parametrize(
    ("changes", "path", "reason"),
    [
        ({"targets": {}}, "sla[0].targets.L1", "没有写这一级通知谁"),
        ({"targets": {"L1": ["lead"]}}, "sla[0].targets.L2", "没有写这一级通知谁"),
        ({"targets": {**GOOD, "L2": []}}, "sla[0].targets.L2", "没有任何通知对象"),
        ({"targets": {**GOOD, "L3": ["lead"]}}, "sla[0].targets.L3", "没有这一级"),
        ({"targets": {**GOOD, "urgent": ["lead"]}}, "sla[0].targets.urgent", "warn、L1、L2"),
        ({"targets": {**GOOD, "L1": ["people:无"]}}, "sla[0].targets.L1[0]", "不在 [[people]] 里"),
        ({"targets": {**GOOD, "L1": ["people:王强"]}}, "sla[0].targets.L1[0]", "没有企业微信或钉钉账号"),
        ({"targets": {**GOOD, "L1": ["wecom-webhook:x"]}}, "sla[0].targets.L1[0]", "没有名为「x」的群机器人"),
        ({"targets": {**GOOD, "L1": ["dingtalk:cid"]}}, "sla[0].targets.L1[0]", "没有 [dingtalk] 一节"),
        ({"fallback": {"lead": "people:无"}}, "sla[0].fallback.lead", "不在 [[people]] 里"),
        (
            {"fallback": {"assignee": "lead", "lead": "on-duty", "on-duty": "lead"}},
            "sla[0].fallback",
            "lead → on-duty → lead",
        ),
    ],
)
def test_what_calls_nobody_is_refused(changes: dict[str, Any], path: str, reason: str) -> None:
    assert reason in problems(**changes)[path]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"targets": {"L1": ["boss"]}}, "看不懂「boss」"),
        ({"targets": {"L1": ["people:"]}}, "看不懂"),
        ({"targets": {"L1": "lead"}}, "tuple"),
        ({"fallback": {"lead": ["on-duty"]}}, "看不懂"),
    ],
)
def test_a_word_that_is_no_recipient_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        settings(**changes)

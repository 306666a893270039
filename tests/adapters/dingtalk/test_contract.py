"""A template of one's own: the page that tells how to build it, the code that fills it, the doctor that looks at it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import adapters
from adapters.dingtalk.contract import VARIABLES, NoTemplate, Variable, faults_of
from adapters.dingtalk.render import Look
from adapters.dingtalk.templates import private_note, variables
from adapters.grammar import key_of
from tests.adapters.dingtalk.conftest import House
from tests.bot.views import every_card

PAGE = (Path(adapters.__file__).parent.parent / "docs" / "dingtalk-card.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("|")][2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def exported(listed: tuple[Variable, ...] = VARIABLES) -> str:
    names = [{"id": v.name, "name": v.name, "type": v.type, "private": v.private} for v in listed]
    return json.dumps({"editorData": json.dumps({"variableList": names}), "type": "im", "mode": "card"})


def test_the_page_lists_the_variables_that_the_code_fills() -> None:
    told = {Variable(name, kind, whose == "私有") for name, kind, whose, *_ in rows("变量")}
    assert told == set(VARIABLES)
    public = {v.name for v in VARIABLES}
    filled: list[Mapping[str, str]] = [variables(card, Look.TEMPLATE) for card in every_card()]
    assert {frozenset(one) for one in filled} == {frozenset(public)}
    assert set(private_note(None, Look.TEMPLATE, "已由王芳接单")) == {v.name for v in VARIABLES if v.private}


def test_the_page_lists_the_actions_that_buttons_send() -> None:
    told = {cell for row in rows("按钮会回传的动作") for cell in row[::2] if cell}
    sent = {key_of(b.command).partition(":")[0] for card in every_card() for b in card.buttons}
    assert told == sent
    for card in every_card():
        for entry in json.loads(variables(card, Look.TEMPLATE)["buttons"]):
            kinds = {"sendCardRequest", "openLink"}
            assert entry["event"]["type"] in kinds
            assert re.fullmatch(r"[ -~]*", entry["event"]["params"].get("actionId", ""))


def test_a_template_with_all_variables_has_no_fault() -> None:
    assert list(faults_of(exported())) == []


@pytest.mark.parametrize(
    ("listed", "fault"),
    [
        (VARIABLES[1:], "缺少变量 lastMessage（公有 string）"),
        (
            (*VARIABLES[:-1], replace(VARIABLES[-1], private=False)),
            "变量 notice 应是私有 string，现在是公有 string",
        ),
        (
            (replace(VARIABLES[0], type="number"), *VARIABLES[1:]),
            "lastMessage 应是公有 string，现在是公有 number",
        ),
        ((*VARIABLES, Variable("rev", "string")), "多了变量 rev"),
    ],
)
def test_what_is_missing_wrong_or_stale_is_named(listed: tuple[Variable, ...], fault: str) -> None:
    found = faults_of(exported(listed))
    assert len(found) == 1
    assert fault in found[0]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"editorData": 1}', '{"editorData": "{}"}', "\x00"])
def test_another_file_is_no_template(text: str) -> None:
    with pytest.raises(NoTemplate):
        faults_of(text)


async def test_the_doctor_names_each_fault(house: House, tmp_path: Path) -> None:
    house.vendor.card_api.templates["own.schema"] = True
    file = tmp_path / "template.json"

    async def found() -> dict[str, Any]:
        own = House(house.emulator, house.session, card="own.schema", card_file=str(file))
        return {one.id: one for one in await own.dingtalk.diagnose()}

    assert "读不到" in (await found())["dingtalk.card_file"].fix
    file.write_text("{}", encoding="utf-8")
    assert "导出" in (await found())["dingtalk.card_file"].fix
    file.write_text(exported(VARIABLES[2:]), encoding="utf-8")
    assert "lastMessage" in (await found())["dingtalk.card_file"].fix
    file.write_text(exported(), encoding="utf-8")
    assert (await found())["dingtalk.card_file"].ok
    silent = House(house.emulator, house.session, card="own.schema")
    hint = next(one for one in await silent.dingtalk.diagnose() if one.id == "dingtalk.card_file")
    assert hint.ok
    assert "card_file" in hint.fix
    builtin = House(house.emulator, house.session)
    assert "dingtalk.card_file" not in {one.id for one in await builtin.dingtalk.diagnose()}

"""``paidan …`` as an operator types it, beside a running program."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.__main__ import cli
from domain.sla.week import WEEKDAYS
from tests.stories.stage import Stage, staged

NOTHING: Mapping[str, str] = {}

# What says nothing about storage is tried once.
one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Shell:
    """Exit code, what it answered, what it complained."""

    def __init__(self, config: Path, folder: Path) -> None:
        self.config = config
        self.folder = folder

    async def run(self, *words: str, env: Mapping[str, str] = NOTHING) -> tuple[int, str, str]:
        """In this process, which has imported everything; on a thread, because a command has a loop of its own."""
        given = [*words, "--config", str(self.config)]
        # What a command leaves in the environment goes when it ends.
        runner = CliRunner()
        done = await asyncio.to_thread(runner.invoke, cli, given, env={**os.environ, **env})
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.stdout, done.stderr

    async def process(self, *words: str, env: Mapping[str, str] = NOTHING) -> tuple[int, str, str]:
        """In a process of its own, as an operator has it."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *words, "--config", str(self.config)),
            env={**os.environ, **env},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(database_url, tmp_path) as made:
        yield made


@pytest.fixture
def shell(stage: Stage, tmp_path: Path) -> Shell:
    stage.emulator.tells_its_time = False  # the operator's process lives in the machine's
    config = tmp_path / "config.toml"
    config.write_text(as_toml(stage.app.settings.model_dump(mode="json", exclude_defaults=True), stage))
    return Shell(config, tmp_path)


def as_toml(settings: dict[str, Any], stage: Stage) -> str:
    """The stage's configuration as an operator would write it."""
    made = stage.emulator.credentials
    channels = json.dumps([f"{c.platform}:{c.key}" for c in stage.app.settings.desks[0].channels])
    people = "\n".join(
        f'[[people]]\nname = "{p.name}"\nwecom = "{p.wecom}"\ndingtalk = "{p.dingtalk}"\n'
        f"roles = {json.dumps([r.value for r in p.roles])}"
        for p in stage.app.settings.people
    )
    return f"""
[server]
port = {stage.app.settings.server.port}
[storage]
url = "{stage.app.settings.storage.url}"
files = "{stage.app.settings.storage.files}"
[wecom]
corp_id = "{stage.emulator.wecom.corp_id}"
api_base = "{stage.emulator.base_url}"
[wecom.app]
agent_id = {made.wecom_agent_id}
secret = "{made.wecom_secret}"
token = "{made.wecom_token}"
encoding_aes_key = "{made.wecom_encoding_aes_key}"
[[wecom.webhooks]]
name = "it-alerts"
key = "stage-webhook-key"
base = "{stage.emulator.base_url}"
[dingtalk]
client_id = "{made.dingtalk_client_id}"
client_secret = "{made.dingtalk_client_secret}"
robot_code = "{made.dingtalk_robot_code}"
api_base = "{stage.emulator.base_url}"
oapi_base = "{stage.emulator.base_url}"
corp_id = "{stage.emulator.company.corp_id}"
{people}
[[desks]]
key = "it"
name = "IT 服务台"
prefix = "IT"
lead = "陈静"
members = ["李四", "王强"]
channels = {channels}
sla = "standard"
[[sla]]
name = "standard"
P3 = {{ respond = "2h", resolve = "24h" }}
ladder = ["0s", "30m"]
"""


async def test_export_writes_every_ticket_with_its_events_beside_the_running_program(
    stage: Stage, shell: Shell
) -> None:
    await stage.player("张三", "wecom").says("报修 VPN 连不上")
    await stage.player("李四", "dingtalk").says("接单 1001")
    await stage.player("张三", "wecom").says("打印机卡纸")
    code, out, err = await shell.process("export", "--format", "jsonl")
    assert (code, err) == (0, "")
    tickets = {line["number"]: line for line in map(json.loads, out.splitlines())}
    assert set(tickets) == {"IT-1001", "D-2"}
    ticket = tickets["IT-1001"]
    assert (ticket["state"], ticket["requester"], ticket["assignee"]) == ("in_progress", "张三", "李四")
    assert (ticket["desk"], ticket["priority"], tickets["D-2"]["state"]) == ("it", "P3", "draft")
    kinds = [event["kind"] for event in ticket["events"]]
    assert kinds[0] == "opened"
    assert "accepted" in kinds
    assert all({"kind", "at", "actor"} <= set(event) for event in ticket["events"])


@one_database
async def test_check_lists_every_mistake_with_its_path_and_exits_2(shell: Shell) -> None:
    assert await shell.run("check") == (0, "✓ 配置没有问题\n", "")
    shell.config.write_text('[server]\nport = "x"\nprot = 1\n[[sla]]\nname = "a"\nladder = ["1x"]\n')
    code, _, err = await shell.process("check")
    assert code == 2
    for path in ("server.port", "server.prot", "sla[0].ladder[0]"):
        assert path in err


@one_database
async def test_without_a_database_that_is_one_sentence(shell: Shell) -> None:
    nowhere = {"PAIDAN_STORAGE__URL": f"sqlite:///{shell.folder}/nowhere/paidan.db"}
    for way in (shell.run, shell.process):
        code, out, err = await way("outbox", "list", env=nowhere)
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert "数据库连不上" in err


@one_database
async def test_check_without_the_file_says_so(shell: Shell) -> None:
    shell.config.unlink()
    code, _, err = await shell.run("check")
    assert (code, "找不到" in err) == (2, True)


@one_database
async def test_doctor_says_which_platform_works(stage: Stage, shell: Shell) -> None:
    await stage.settle()  # has looked at its timers
    code, out, _ = await shell.run("doctor")
    assert "✓ 数据库正常" in out
    assert code == 0, out


@one_database
async def test_doctor_names_the_address_that_wecom_saw(stage: Stage, shell: Shell) -> None:
    stage.emulator.wecom.switches.untrusted_ip = "203.0.113.9"
    code, out, _ = await shell.run("doctor")
    assert code == 1
    assert "203.0.113.9" in out


@one_database
async def test_doctor_explains_a_refused_dingtalk_secret(stage: Stage, shell: Shell) -> None:
    secret = stage.emulator.credentials.dingtalk_client_secret
    shell.config.write_text(shell.config.read_text().replace(secret, "not-the-secret"))
    code, out, _ = await shell.run("doctor")
    assert code == 1
    assert "Client Secret" in out or "client_secret" in out, out


async def test_outbox_and_sla_are_told_to_people_and_to_machines(stage: Stage, shell: Shell) -> None:
    await stage.player("张三", "wecom").says("报修 VPN 连不上")
    assert (await shell.run("outbox", "list"))[:2] == (0, "✓ 全部已送达\n")
    assert json.loads((await shell.run("outbox", "list", "--json"))[1]) == []
    code, out, _ = await shell.run("sla", "explain", "1001")
    assert (code, "IT-1001" in out, "响应" in out) == (0, True, True)
    told = json.loads((await shell.run("sla", "explain", "1001", "--json"))[1])
    assert [(one["goal"], one["state"], one["agrees"]) for one in told] == [
        ("respond", "running", True),
        ("resolve", "running", True),
    ]
    assert [one["allowed"] for one in told] == [7200, 86400]
    assert (await shell.run("sla", "explain", "9999"))[0] == 1


async def test_apply_counts_open_tickets_anew_and_lists_what_became_different(
    stage: Stage, shell: Shell
) -> None:
    await stage.player("张三", "wecom").says("报修 VPN 连不上")
    await stage.player("张三", "wecom").says("报修 打印机卡纸")
    await stage.player("李四", "dingtalk").says("接单 1002")
    shell.config.write_text(shell.config.read_text().replace('resolve = "24h"', 'resolve = "30h"'))
    code, out, _ = await shell.run("apply", "--dry-run")
    assert (code, "IT-1001 解决：" in out, "限时 24 小时 改为 30 小时" in out) == (0, True, True)
    assert (await shell.run("apply", "--dry-run"))[1] == out  # nothing was changed by looking
    _, out, _ = await shell.run("apply", "--json")
    assert [
        (one["ticket"], one["goal"], one["before"][:16], one["after"][:16]) for one in json.loads(out)
    ] == [
        ("IT-1001", "resolve", "2026-03-03T02:00", "2026-03-03T08:00"),
        ("IT-1002", "resolve", "2026-03-03T02:00", "2026-03-03T08:00"),
    ]
    assert "时限没有变化" in (await shell.run("apply"))[1]
    told = json.loads((await shell.run("sla", "explain", "1002", "--json"))[1])
    assert (told[1]["allowed"], told[1]["agrees"]) == (108000, True)
    view = await stage.app.queries.by_number("1002")
    assert view is not None
    timeline = await stage.app.queries.timeline(view.id)
    assert [row.payload["cause"] for row in timeline if row.kind == "due_recounted"] == ["paidan apply"]
    assert (await stage.app.timers.next_due()) is not None


@one_database
async def test_imported_company_days_move_due_times_and_are_listed_with_their_reason(
    stage: Stage, shell: Shell
) -> None:
    await stage.player("张三", "wecom").says("报修 VPN 连不上")
    spans = "spans = { " + ", ".join(f'{day} = ["00:00-24:00"]' for day in WEEKDAYS) + " }"
    calendar = f'[[calendars]]\nname = "office"\nholidays = "none"\n{spans}\n'
    config = shell.config.read_text().replace(
        'name = "standard"\n', 'name = "standard"\ncalendar = "office"\n'
    )
    shell.config.write_text(config + calendar)
    days = shell.folder / "days.json"
    days.write_text('[{"calendar": "office", "date": "2026-03-03", "work": false, "reason": "停电"}]')
    code, out, _ = await shell.run("calendar", "import", str(days), "--json")
    assert code == 0, out
    assert [(one["goal"], one["before"][:16], one["after"][:16]) for one in json.loads(out)] == [
        ("resolve", "2026-03-03T02:00", "2026-03-04T02:00")
    ]
    _, out, _ = await shell.run("calendar", "--from", "2026-03-03", "--to", "2026-03-03")
    assert out.splitlines()[-1] == "2026-03-03 周二  休  公司放假（停电）"
    days.write_text('[{"calendar": "office", "date": "2026-02-30", "work": false}]')
    code, _, err = await shell.run("calendar", "import", str(days))
    assert (code, "[0].date" in err) == (2, True)
    exported = json.loads((await shell.run("calendar", "export"))[1])
    assert exported == [{"calendar": "office", "date": "2026-03-03", "work": False, "reason": "停电"}]


@one_database
async def test_replay_beside_the_running_program(stage: Stage, shell: Shell) -> None:
    await stage.player("张三", "wecom").says("报修 VPN 连不上")
    await stage.later(hours=3)
    file = shell.folder / "policy.toml"
    file.write_text('[[sla]]\nname = "standard"\nP3 = { respond = "40h", resolve = "24h" }\n')
    window = ("--from", "2026-03-02", "--to", "2026-03-02")
    code, out, _ = await shell.run("sla", "replay", "--policy", str(file), *window, "--json")
    told = json.loads(out)
    assert (code, told["tickets"], told["breaches"]) == (0, 1, -1)
    assert [(one["level"], one["at"][11:16]) for one in told["fewer"]] == [
        (0, "03:36"),
        (1, "04:00"),
        (2, "04:30"),
    ]
    file.write_text('[[sla]]\nname = "standard"\nP3 = { respond = "25:00" }\n')
    code, _, err = await shell.run("sla", "replay", "--policy", str(file), *window)
    assert (code, "sla[0].P3.respond" in err) == (2, True)


@one_database
async def test_a_backup_beside_the_running_program_comes_back_in_another_place(
    stage: Stage, shell: Shell, tmp_path: Path
) -> None:
    await stage.player("张三", "wecom").says("报修 VPN 连不上")
    code, out, err = await shell.run("backup", str(tmp_path / "backups"), "--json")
    assert code == 0, err
    made = json.loads(out)
    assert Path(made["key_file"]).stat().st_mode & 0o777 == 0o600
    code, out, _ = await shell.run("restore", made["path"], "--check")
    assert (code, out.split("：")[0]) == (0, "✓ 备份完整")
    code, _, err = await shell.run("restore", made["path"])
    assert code == 1
    assert "正被另一个派单进程使用" in err

    elsewhere = {
        "PAIDAN_STORAGE__URL": f"sqlite:///{tmp_path / 'new' / 'paidan.db'}",
        "PAIDAN_STORAGE__FILES": str(tmp_path / "new" / "files"),
    }
    code, _, err = await shell.run("restore", made["path"], env=elsewhere)
    assert (code, "没有这个密钥" in err) == (1, True)
    code, out, err = await shell.run("restore", made["path"], "--key", made["key_file"], env=elsewhere)
    assert (code, err) == (0, "")
    assert "发送已暂停" in out
    code, out, _ = await shell.run("export", env=elsewhere)
    assert json.loads(out)["number"] == "IT-1001"
    code, written, _ = await shell.run("verify", "--head")
    code, out, _ = await shell.run("verify", "--against", written.strip(), env=elsewhere)
    assert (code, "✓ 审计链完整" in out, "✓ 账目相符：1 张工单" in out) == (0, True, True)
    code, out, _ = await shell.run("verify", "--against", "99:ab", "--json", env=elsewhere)
    assert (code, json.loads(out)["broken"]["why"]) == (1, "给出的链头在第 99 环，末尾的记录不见了")
    code, out, _ = await shell.run("doctor", env=elsewhere)
    assert code == 1
    assert "✗ 发送已暂停" in out
    code, out, _ = await shell.run("outbox", "release", "--drop", env=elsewhere)
    assert (code, out) == (0, "✓ 已放行：0 条将发送，0 条已放弃\n")
    code, out, _ = await shell.run("outbox", "release", env=elsewhere)
    assert (code, out) == (0, "✓ 发送没有暂停\n")

"""Every entry point is given mutants of what it usually gets. It knows what they mean, or says no in its own words.

PAIDAN_FUZZ sets how many mutants each entry gets in the campaign, PAIDAN_FUZZ_SEED which ones.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from random import Random
from time import process_time

import aiohttp
import pytest
from aiohttp.http_exceptions import HttpProcessingError

from adapters.chat import Said
from adapters.dingtalk.app import DingTalkApp
from adapters.dingtalk.decode import robot_message
from adapters.dingtalk.decode_press import card_press
from adapters.dingtalk.door import CARD_TOPIC, ROBOT_TOPIC
from adapters.dingtalk.frames import BadFrame
from adapters.dingtalk.frames import parse as dingtalk_frame
from adapters.dingtalk.payload import Undecodable, json_object
from adapters.grammar import PHRASES, UnknownKey, command_of, key_of, understand
from adapters.wecom import WeComApp
from adapters.wecom.aibot import AiBotApp
from adapters.wecom.aibot.decode import Malformed
from adapters.wecom.aibot.decode import decode as aibot_body
from adapters.wecom.aibot.frames import BadFrame as BadAiBotFrame
from adapters.wecom.aibot.frames import parse as aibot_frame
from adapters.wecom.decode import WrongTenant
from adapters.wecom.decode import decode as wecom_message
from adapters.wecom.envelope import Envelope, EnvelopeRefused
from adapters.wecom.xmltree import BrokenXml
from bot.settings import BadSettings, load
from domain.base import Account, Conversation
from tests.adapters.wecom.conftest import CORP
from tests.adapters.wecom.knocking import encrypted, knock, knock_with, sealed, signed
from tests.faults.fuzzing import ODD_TEXTS, jsons, texts
from tests.stories.stage import MORNING, Stage, staged

MANY = int(os.environ.get("PAIDAN_FUZZ", "20000"))
SEED = os.environ.get("PAIDAN_FUZZ_SEED", "1")
SLOWEST = 1.0  # seconds of CPU for one input
TESTS = Path(__file__).parents[1]

DINGTALK = DingTalkApp("dingapp01", "secret", corp_id="dingcorp01")
AIBOT = AiBotApp("aibX", "secret", "小单", corp_id=CORP)
WECOM = WeComApp(
    corp_id=CORP,
    agent_id=1000002,
    secret="s",
    token="fuzzToken",
    encoding_aes_key="abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
)
PLACE = Conversation("dingtalk", "group", "cid==")
SOMEBODY = Account("dingtalk", "lisi01")
AIBOT_BODY = {
    "msgid": "m1",
    "aibotid": "aibX",
    "chatid": "wrTeam",
    "chattype": "group",
    "from": {"userid": "LiSi"},
    "msgtype": "mixed",
    "mixed": {"msg_item": [{"msgtype": "text", "text": {"content": "@小单 报修 打印机"}}]},
    "quote": {"msgtype": "text", "text": {"content": "IT-1042 待接单"}},
    "event": {
        "eventtype": "template_card_event",
        "template_card_event": {
            "card_type": "button_interaction",
            "event_key": "accept:IT-1042",
            "task_id": "t1",
            "selected_items": {"selected_item": [{"question_key": "q", "option_ids": {"option_id": ["a"]}}]},
        },
    },
}
CARD_PRESS = {
    "type": "actionCallback",
    "outTrackId": "paidan-b-1",
    "corpId": "dingcorp01",
    "userId": "lisi01",
    "userIdType": 1,
    "spaceType": "IM_GROUP",
    "spaceId": "cidAbC==",
    "extension": "{}",
    "content": json.dumps({"cardPrivateData": {"actionIds": ["accept:IT-1042"], "params": {"a": "b"}}}),
}


def robot_messages() -> list[Mapping[str, object]]:
    files = sorted((TESTS / "adapters" / "dingtalk" / "payloads").glob("*.json"))
    return [json.loads(file.read_text(encoding="utf-8"))["payload"] for file in files]


def stream_frames() -> list[Mapping[str, object]]:
    headers = {"messageId": "m1", "topic": ROBOT_TOPIC, "contentType": "application/json"}
    frames: list[Mapping[str, object]] = [
        {"type": "CALLBACK", "headers": headers, "data": json.dumps(message)} for message in robot_messages()
    ]
    press = {**headers, "topic": CARD_TOPIC}
    frames.append({"type": "CALLBACK", "headers": press, "data": json.dumps(CARD_PRESS)})
    return [*frames, {"type": "SYSTEM", "headers": {"topic": "ping", "messageId": "p"}, "data": "{}"}]


def wecom_messages() -> list[str]:
    files = sorted((TESTS / "adapters" / "wecom" / "payloads").glob("*.xml"))
    return [file.read_text(encoding="utf-8") for file in files]


def sentences() -> list[str]:
    others = ("3楼打印机卡纸", "请假 7/1-7/3 王五代", "换班 周六 给 赵六", "搜 打印机", "我来顶 到 18:00")
    return [*(p.example for p in PHRASES), *others]


def hear_stream(text: str) -> None:
    frame = dingtalk_frame(text)
    if frame.headers.topic == ROBOT_TOPIC:
        hear_robot(frame.data)
    else:
        hear_press(frame.data)


def hear_robot(text: str) -> None:
    robot_message(json_object(text), DINGTALK)


def hear_press(text: str) -> None:
    card_press(json_object(text), "m1", DINGTALK)


def hear_aibot(text: str) -> None:
    aibot_body(AIBOT, aibot_frame(text).body)


def hear_wecom(text: str) -> None:
    wecom_message(WECOM, text, now=MORNING)


def open_envelope(text: str) -> None:
    """What was not sealed by WeCom, rightly signed all the same."""
    text = text.encode("utf-8", "replace").decode()
    query = dict(signed(WECOM, text, MORNING))
    Envelope(WECOM.token, WECOM.encoding_aes_key, WECOM.corp_id).open(
        text, signature=query["msg_signature"], timestamp=query["timestamp"], nonce=query["nonce"]
    )


def understand_sentence(text: str) -> None:
    understand(Said("m", SOMEBODY, PLACE, text, mentions=(SOMEBODY,)))


def understand_key(text: str) -> None:
    key_of(command_of(text))


@dataclass(frozen=True)
class Entry:
    hears: Callable[[str], None]
    mutants: Callable[[Random], Iterator[str]]
    refuses: tuple[type[Exception], ...]


ENTRIES: Mapping[str, Entry] = {
    "stream frame": Entry(hear_stream, lambda dice: jsons(stream_frames(), dice), (BadFrame, Undecodable)),
    "robot message": Entry(hear_robot, lambda dice: jsons(robot_messages(), dice), (Undecodable,)),
    "card press": Entry(hear_press, lambda dice: jsons([CARD_PRESS], dice), (Undecodable,)),
    "AI bot frame": Entry(
        hear_aibot,
        lambda dice: jsons(
            [{"cmd": "aibot_msg_callback", "headers": {"req_id": "r"}, "body": AIBOT_BODY}], dice
        ),
        (BadAiBotFrame, Malformed),
    ),
    "WeCom message": Entry(hear_wecom, lambda dice: texts(wecom_messages(), dice), (BrokenXml, WrongTenant)),
    "WeCom envelope": Entry(
        open_envelope,
        lambda dice: texts([sealed(WECOM, xml.encode()) for xml in wecom_messages()], dice),
        (EnvelopeRefused,),
    ),
    "sentence": Entry(understand_sentence, lambda dice: texts(sentences(), dice), ()),
    "button's key": Entry(
        understand_key,
        lambda dice: texts([key_of(p.command(ticket="IT-1042")) for p in PHRASES], dice),
        (UnknownKey,),
    ),
}


@pytest.mark.parametrize("name", ENTRIES)
@pytest.mark.parametrize("mutants", [300, pytest.param(MANY, marks=pytest.mark.campaign)])
@pytest.mark.timeout(3600)
def test_whatever_comes_in_is_understood_or_refused(name: str, mutants: int) -> None:
    entry = ENTRIES[name]
    refused = 0
    for mutant in islice(entry.mutants(Random(f"{SEED} {name}")), mutants):
        begun = process_time()
        try:
            entry.hears(mutant)
        except entry.refuses:
            refused += 1
        except Exception as bug:
            raise AssertionError(f"{name}: {mutant[:2000]!r}") from bug
        assert process_time() - begun < SLOWEST, mutant[:2000]
    assert refused < mutants, (
        "nothing got past the first check: the mutants are too wild to try what is behind it"
    )


# ── the program's doors ──


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(f"sqlite:///{tmp_path / 'fuzz.db'}", tmp_path) as made:
        yield made


def our_app(stage: Stage) -> WeComApp:
    wecom = stage.emulator.wecom
    return WeComApp(wecom.corp_id, wecom.agent_id, wecom.secret, wecom.token, wecom.encoding_aes_key)


@dataclass
class Request:
    method: str
    path: str
    query: list[tuple[str, str]]
    body: bytes = b""


def callbacks(stage: Stage, dice: Random) -> Iterator[Request]:
    """Messages of the company that are broken inside, envelopes that are broken outside. Without end."""
    app = our_app(stage)
    inner = [xml.replace(CORP, app.corp_id) for xml in wecom_messages()]
    plain, outer = texts(inner, dice), texts([sealed(app, xml.encode()) for xml in inner], dice)
    while True:
        if dice.random() < 0.6:
            made = knock(app, next(plain).encode("utf-8", "surrogatepass"), stage.app.now())
        elif dice.random() < 0.5:
            made = knock(
                app, encrypted(app, dice.randbytes(32 * dice.randrange(1, 9))).encode(), stage.app.now()
            )
        else:
            made = knock_with(app, next(outer).encode("utf-8", "replace").decode(), stage.app.now())
        query = [
            (name, value if dice.random() < 0.97 else dice.choice(ODD_TEXTS)) for name, value in made.query
        ]
        body = made.body if dice.random() < 0.9 else made.body[: dice.randrange(len(made.body) + 1)]
        yield Request("POST", "/wecom/callback", query, body)


def pages(stage: Stage, dice: Random) -> Iterator[Request]:
    known = (
        "/t/IT-1001",
        "/t/IT-1001/files/1",
        "/login",
        "/login/wecom",
        "/logout",
        "/assets/x.css",
        "/healthz",
    )
    paths = texts(known, dice)
    names = (
        "sig",
        "until",
        "as",
        "code",
        "state",
        "next",
        "page",
        "msg_signature",
        "timestamp",
        "nonce",
        "echostr",
    )
    while True:
        query = [(dice.choice(names), dice.choice(ODD_TEXTS)[:500]) for _ in range(dice.randrange(4))]
        path = "/" + next(paths).encode("utf-8", "replace").decode().lstrip("/")[:2000]
        yield Request(dice.choice(("GET", "GET", "POST", "PUT", "HEAD")), path, query)


@pytest.mark.parametrize("door", [callbacks, pages])
@pytest.mark.parametrize("requests", [150, pytest.param(MANY // 10, marks=pytest.mark.campaign)])
@pytest.mark.timeout(3600)
async def test_no_request_is_a_server_error_and_the_next_good_message_works(
    stage: Stage, door: Callable[[Stage, Random], Iterator[Request]], requests: int
) -> None:
    base = stage.app.settings.server.public_url
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
        for request in islice(door(stage, Random(f"{SEED} {door.__name__}")), requests):
            assert await status_of(session, base, request) < 500, request
    zhang = stage.player("张三", "wecom")
    await zhang.says("报修 VPN 连不上")
    zhang.sees("待接单")


async def status_of(session: aiohttp.ClientSession, base: str, request: Request) -> int:
    """0 where the request can't even be written."""
    try:
        async with session.request(
            request.method,
            base + request.path,
            params=request.query,
            data=BytesIO(request.body),
            allow_redirects=False,
        ) as answer:
            await answer.read()
            return answer.status
    except (aiohttp.InvalidURL, ValueError, UnicodeError, HttpProcessingError):
        return 0
    except aiohttp.ClientResponseError:
        return 0


@pytest.mark.parametrize("mutants", [60, pytest.param(MANY // 20, marks=pytest.mark.campaign)])
@pytest.mark.timeout(3600)
def test_a_configuration_is_read_or_refused_with_paths(
    mutants: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = (TESTS.parent / "config.example.toml").read_text(encoding="utf-8")
    monkeypatch.setenv("PAIDAN_CONFIG", "")
    file = tmp_path / "config.toml"
    for mutant in islice(texts(example.split("\n\n"), Random(SEED)), mutants):
        file.write_text(mutant, encoding="utf-8", errors="replace")
        with suppress(BadSettings):
            load(str(file))

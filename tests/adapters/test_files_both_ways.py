"""Files down and up on both platforms and through the AI bot, with everything that can go wrong on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from adapters.chat import ChatPlatform, FileRef, Parcel, PlatformError, Rejected, TooBig, Unfit, Unreachable
from adapters.emulator.dingtalk.faults import Fault
from adapters.emulator.spoiling import PAGE, Spoil
from domain.base import Conversation
from domain.files.measuring import pixels
from tests.adapters.taking import taken
from tests.domain.test_lasting import amr, mp4, wav
from tests.stories.stage import Stage, staged

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 700  # several pieces, and no multiple of a block
DOORS = ("wecom", "dingtalk", "wecom-aibot")


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    async with staged(f"sqlite:///{folder / 'paidan.db'}", folder) as made:
        yield made


@dataclass
class Door:
    """One way in and out, and the vendor's side of it."""

    name: str
    stage: Stage

    @property
    def platform(self) -> ChatPlatform:
        return self.stage.app.platforms[self.name]

    @property
    def li(self) -> Conversation:
        return Conversation(self.name, "direct", "lisi01" if self.name == "dingtalk" else "LiSi")

    @property
    def shown(self) -> str:
        return "aibot:LiSi" if self.name == "wecom-aibot" else self.li.key

    def lies_there(self, data: bytes) -> FileRef:
        """As if somebody had just sent it."""
        wecom, dingtalk = self.stage.emulator.wecom, self.stage.emulator.dingtalk
        if self.name == "wecom":
            return FileRef(self.name, "image", wecom.media.add("image", "p.png", data).id)
        if self.name == "dingtalk":
            return FileRef(self.name, "image", dingtalk.files.keep(data, "p.png"))
        path, aeskey = wecom.aibot.files.add("p.png", data)
        return FileRef(self.name, "image", f"{aeskey} {self.stage.emulator.base_url}{path}")

    def spoil(self, how: Spoil, times: int = 1) -> None:
        server = self.stage.emulator.dingtalk if self.name == "dingtalk" else self.stage.emulator.wecom
        server.faults.files.plan(how, times)

    def bubbles(self) -> list[tuple[str, str]]:
        server = self.stage.emulator.dingtalk if self.name == "dingtalk" else self.stage.emulator.wecom
        return [(bubble.kind, bubble.text) for bubble in server.chats.of(self.shown)]


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest, stage: Stage) -> Door:
    return Door(request.param, stage)


async def test_a_file_comes_down_whole(door: Door) -> None:
    assert await taken(door.platform, door.lies_there(PNG), limit=len(PNG)) == PNG


async def test_a_byte_too_many_is_too_big(door: Door) -> None:
    with pytest.raises(TooBig):
        await taken(door.platform, door.lies_there(bytes(200_000)), limit=150_000)


@pytest.mark.parametrize(("how", "times"), [(Spoil.TRUNCATED, 1), (Spoil.RESET, 2)])
async def test_half_a_file_is_none_and_may_come_later(door: Door, how: Spoil, times: int) -> None:
    """A connection that was idle and dies at once is tried a second time by aiohttp itself."""
    file = door.lies_there(PNG)
    door.spoil(how, times)
    with pytest.raises(Unreachable):
        await taken(door.platform, file)
    assert await taken(door.platform, file) == PNG


@pytest.mark.parametrize("how", [Spoil.EMPTY, Spoil.ERROR_PAGE])
async def test_what_is_labelled_as_the_file_is_for_others_to_judge(door: Door, how: Spoil) -> None:
    """Only sealed files prove what they are."""
    file = door.lies_there(PNG)
    door.spoil(how)
    if door.name == "wecom-aibot":
        with pytest.raises(Rejected):
            await taken(door.platform, file)
    else:
        assert await taken(door.platform, file) == (b"" if how is Spoil.EMPTY else PAGE)


async def test_a_code_that_has_run_out_is_rejected(door: Door) -> None:
    file = door.lies_there(PNG)
    door.stage.emulator.wecom.media.expire()
    door.stage.emulator.dingtalk.files.forget_codes()
    door.stage.emulator.clock.advance(timedelta(minutes=5))
    with pytest.raises(Rejected):
        await taken(door.platform, file)


async def test_pictures_go_out_as_pictures_and_files_as_files(door: Door) -> None:
    await door.stage.emulator.wecom.aibot.says("LiSi", "帮助")  # without it the bot may not push
    await door.platform.send_file(door.li, Parcel("卡纸.png", "image/png", PNG), key="k1")
    await door.platform.send_file(
        door.li, Parcel("报价 单.pdf", "application/pdf", b"%PDF-1.7 ..."), key="k2"
    )
    (picture, _), (file, name) = door.bubbles()[-2:]
    assert picture in {"image", "markdown"}
    assert (file, name) == ("file", "报价 单.pdf")
    assert door.stage.emulator.wecom.defects == door.stage.emulator.dingtalk.defects == []


async def test_what_a_platform_does_not_take_is_unfit(door: Door) -> None:
    odd = Parcel("脚本.log", "text/plain", b"" if door.name != "dingtalk" else b"a log")
    with pytest.raises(Unfit):
        await door.platform.send_file(door.li, odd, key="k")


async def test_a_repeat_is_dropped_and_a_second_wish_is_not(stage: Stage) -> None:
    door, picture = Door("wecom", stage), Parcel("a.png", "image/png", PNG)
    before = len(door.bubbles())
    for key in ("w1", "w1", "w2"):
        await door.platform.send_file(door.li, picture, key=key)
    assert len(door.bubbles()) - before == 2


async def test_a_media_id_that_died_is_uploaded_again(stage: Stage) -> None:
    door, picture = Door("wecom", stage), Parcel("a.png", "image/png", PNG)
    await door.platform.send_file(door.li, picture, key="d1")
    stage.emulator.wecom.media.expire()
    stage.emulator.clock.advance(timedelta(minutes=3))
    before = len(door.bubbles())
    await door.platform.send_file(door.li, picture, key="d1")
    assert len(door.bubbles()) - before == 1


async def test_dingtalk_without_quota_says_so(stage: Stage) -> None:
    door = Door("dingtalk", stage)
    stage.emulator.dingtalk.faults.plan("/v1.0/robot/messageFiles/download", Fault.QUOTA)
    with pytest.raises(PlatformError):
        await taken(door.platform, door.lies_there(PNG))


@pytest.mark.parametrize(
    ("file", "key", "lasts"),
    [
        (Parcel("voice", "audio/amr", amr(100)), "sampleAudio", "2000"),
        (Parcel("录音.WAV", "audio/wav", wav(1.5)), "sampleAudio", "1500"),
        (Parcel("漏水.mp4", "video/mp4", mp4(5250)), "sampleVideo", "5"),
    ],
    ids=["amr", "wav", "mp4"],
)
async def test_what_plays_is_sent_to_dingtalk_with_how_long_it_lasts(
    stage: Stage, file: Parcel, key: str, lasts: str
) -> None:
    door, vendor = Door("dingtalk", stage), stage.emulator.dingtalk
    await door.platform.send_file(door.li, file, key="v")
    told = vendor.chats.of("lisi01")[-1].body
    assert told["msgKey"] == key
    assert told["msgParam"]["duration"] == lasts
    media = told["msgParam"].get("mediaId") or told["msgParam"]["videoMediaId"]
    assert vendor.files.uploaded[media].content == file.data
    if key == "sampleVideo":
        assert pixels(vendor.files.uploaded[told["msgParam"]["picMediaId"]].content) == 320 * 180


@pytest.mark.parametrize(
    "file",
    [
        Parcel("v.amr", "audio/amr", amr(70_000)),  # more than two megabytes
        Parcel("v.amr", "audio/amr", b"#!AMR\n"),
        Parcel("v.mp3", "audio/mpeg", b"ID3" + bytes(100)),
        Parcel("v.mp4", "video/mp4", b"\x00\x00\x00\x18ftypmp42"),
    ],
    ids=["too big", "empty", "mp3", "no head"],
)
async def test_what_dingtalk_can_not_play_is_said_where_to_find(stage: Stage, file: Parcel) -> None:
    door = Door("dingtalk", stage)
    with pytest.raises(Unfit):
        await door.platform.send_file(door.li, file, key="v")

"""Files on DingTalk's side: what people sent to the robot, and what the bot uploaded (§6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import uuid4

from aiohttp import web

from adapters.emulator.dingtalk.calls import Api, Call, Json, Upload
from adapters.emulator.dingtalk.refusals import Family, refuse, refuse_old
from adapters.emulator.dingtalk.tenant import Tenant
from adapters.emulator.spoiling import Spoils

FILE_PATH = "/dingtalk-files/{key}"
_MEGABYTE = 1024 * 1024
_TYPES: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "image": (20 * _MEGABYTE, ("jpg", "jpeg", "gif", "png", "bmp")),
    "voice": (2 * _MEGABYTE, ("amr", "mp3", "wav")),
    "video": (20 * _MEGABYTE, ("mp4",)),
    "file": (20 * _MEGABYTE, ("doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "pdf", "rar")),
}


class Files:
    def __init__(self, tenant: Tenant, spoils: Spoils) -> None:
        self._tenant = tenant
        self._spoils = spoils
        self._codes: dict[str, Upload] = {}
        self._addresses: dict[str, tuple[Upload, datetime]] = {}
        self.uploaded: dict[str, Upload] = {}  # by media_id

    def apis(self) -> list[Api]:
        return [
            Api("POST", "/v1.0/robot/messageFiles/download", self._download, scope="qyapi_robot_sendmsg"),
            Api("POST", "/media/upload", self._upload, Family.OLD),
        ]

    def keep(self, content: bytes, name: str) -> str:
        """Store what somebody sent; answers its downloadCode."""
        code = f"mIofN{uuid4().hex}"
        self._codes[code] = Upload(name, content)
        return code

    def forget_codes(self) -> None:
        self._codes.clear()

    def _download(self, call: Call) -> Json:
        if call.text("robotCode") != self._tenant.app.robot_code:
            raise refuse("invalidParameter.robotCode.notExsit", "robotCode 不存在")
        stored = self._codes.get(call.text("downloadCode").removeprefix("small-"))
        if stored is None:
            raise refuse("invalidParameter.robotCode.downloadCode", "downloadCode 无效或已过期")
        key = uuid4().hex
        until = self._tenant.now() + timedelta(seconds=self._tenant.switches.file_url_seconds)
        self._addresses[key] = (stored, until)
        return {"downloadUrl": f"{self._tenant.base_url}{FILE_PATH.format(key=key)}?Expires={until:%s}"}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The temporary address; the real one belongs to an object store and fails in XML."""
        stored, until = self._addresses.get(request.match_info["key"], (None, self._tenant.now()))
        if stored is None or until <= self._tenant.now():
            return web.Response(
                status=403, text="<Error><Code>AccessDenied</Code></Error>", content_type="text/xml"
            )
        whole = web.Response(body=stored.content, content_type="application/octet-stream")
        return await self._spoils.answer(request, whole)

    def _upload(self, call: Call) -> Json:
        kind, media = call.form.get("type"), call.form.get("media")
        if kind not in _TYPES:
            raise refuse_old(40004, "不合法的媒体文件类型")
        if not isinstance(media, Upload):
            raise refuse_old(41005, "缺少多媒体文件数据")
        return self._stored(str(kind), media)

    def _stored(self, kind: str, media: Upload) -> Json:
        most, endings = _TYPES[kind]
        if len(media.content) > most:
            raise refuse_old(40006, "不合法的文件大小")
        if not media.name.lower().endswith(endings):
            raise refuse_old(40005, "不合法的文件类型")
        media_id = f"@lAL{uuid4().hex}"
        self.uploaded[media_id] = media
        return {
            "errcode": 0, "errmsg": "ok", "type": kind, "media_id": media_id,
            "created_at": self._tenant.millis(),
        }  # fmt: skip

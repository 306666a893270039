"""Whether people can log in to the pages. What is registered with a vendor no API tells: it is said what should be."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from adapters.chat import Finding
from bot.app import App

_ID = "login"
_OFF = '不用网页登录的话，请设 [server] login = "off"。'
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


def login_findings(app: App) -> Iterator[Finding]:
    server = app.settings.server
    if server.login == "off" or not app.platforms:
        return
    address = urlsplit(server.public_url)
    if not address.netloc:
        fix = f"请把 [server] public_url 设为别人能打开的 https 地址。{_OFF}"
        # Who never asked for it and has no pages either lacks nothing.
        is_asked_for = server.login == "required"
        yield Finding(not is_asked_for, "网页登录没有打开：没有地址可以回来", fix, _ID)
    elif address.scheme != "https" and address.hostname not in _LOCAL:
        fix = f"请在前面加一层 https（反向代理），再把 [server] public_url 改为 https。{_OFF}"
        yield Finding(False, "网页登录不是 https，登录凭证可能被别人看到", fix, _ID)
    elif not app.sign_ins:
        yield Finding(False, "没有可以登录的应用", f"请写 [wecom.app] 或 [dingtalk]。{_OFF}", _ID)
    else:
        yield Finding(True, f"网页登录：{_registered(app, address.netloc)}", id=_ID)


def _registered(app: App, host: str) -> str:
    ways = "、".join(sign_in.title for sign_in in app.sign_ins.values())
    paths = "、".join(f"{app.settings.server.public_url}/login/{name}/back" for name in app.sign_ins)
    return f"{ways}；后台要登记域名 {host}，回调地址 {paths}"

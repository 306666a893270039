"""What a vendor's login page shows: on a real one somebody scans with their phone, here one chooses whose phone.

Who comes from one of the playground's phones is known by its cookie, and goes on at once, as in the client's
own browser.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from aiohttp import web

_STYLE = """
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f2f3f5;
  font: 15px/1.6 "PingFang SC", "Microsoft YaHei", "Noto Sans SC", system-ui, sans-serif; color: #1f2329; }
main { width: min(360px, calc(100vw - 32px)); background: #fff; border-radius: 12px; padding: 24px;
  box-sizing: border-box; }
h1 { font-size: 18px; margin: 0 0 4px; } p { margin: 0 0 16px; color: #646a73; font-size: 13px; }
ul { list-style: none; margin: 0; padding: 0; } a { display: block; padding: 10px 12px; border-radius: 8px;
  color: inherit; text-decoration: none; } a:hover, a:focus-visible { background: #f2f3f5; }
.mark { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 8px; }
"""
COLOURS = {"wecom": "#2f7df6", "dingtalk": "#1677ff"}
_NAMES = {"wecom": "企业微信", "dingtalk": "钉钉"}


def cookie_of(platform: str) -> str:
    return f"emu-{platform}"


def whose_phone(request: web.Request, platform: str) -> str | None:
    return request.cookies.get(cookie_of(platform)) or None


def choosing(platform: str, company: str, people: Iterable[tuple[str, str]]) -> web.Response:
    """``people`` are names and where each leads."""
    rows = "".join(f'<li><a href="{escape(href, quote=True)}">{escape(name)}</a>' for name, href in people)
    mark = f'<span class="mark" style="background:{COLOURS[platform]}"></span>'
    return _page(
        f"{_NAMES[platform]}登录（模拟）",
        f"<h1>{mark}{_NAMES[platform]}登录</h1><p>{escape(company)} · 真实平台上在这里扫码；模拟器里选一个人。</p>"
        f"<ul>{rows}</ul>",
    )


def refused(platform: str, why: str, status: int) -> web.Response:
    title = f"{_NAMES[platform]}登录（模拟）"
    return _page(title, f"<h1>无法登录</h1><p>{escape(why)}</p>", status)


def _page(title: str, body: str, status: int = 200) -> web.Response:
    html = (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style><main>{body}</main>"
    )
    return web.Response(text=html, content_type="text/html", status=status)

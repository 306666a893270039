"""``paidan quota``: arguments only, as in ``bot.__main__``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

from bot.shell import AsJson, Config, with_app

if TYPE_CHECKING:
    from bot.app import App
    from bot.cards.quota import Usage
    from domain.quota.forecast import Forecast


def quota(config: Config = None, as_json: AsJson = False) -> None:
    """本月用了多少平台额度，按现在速度哪天用尽。"""

    async def work(app: App) -> None:
        usages = {platform: await app.quota.usage(platform) for platform in app.thrift.platforms}
        if as_json:
            typer.echo(json.dumps({p: written(u) for p, u in usages.items()}, ensure_ascii=False))
            return
        for usage in usages.values():
            for line in _lines(usage):
                typer.echo(line)
        if not usages:
            typer.echo("没有按月限量的平台")

    with_app(config, work)


def written(usage: Usage) -> dict[str, Any]:
    return {
        **{account.value: _forecast(forecast) for account, forecast in usage.forecasts.items()},
        "by_api": dict(usage.by_api),
        "dearest": [{"ticket": number, "calls": calls} for number, calls in usage.dearest],
        "calls_per_ticket": usage.per_ticket,
        "saving": usage.strain.name.lower(),
    }


def _forecast(forecast: Forecast) -> dict[str, Any]:
    return {
        "allowed": forecast.allowed,
        "used": forecast.used,
        "share": round(forecast.share, 4),
        "projected": round(forecast.projected),
        "runs_out": forecast.runs_out.isoformat() if forecast.runs_out else None,
    }


def _lines(usage: Usage) -> list[str]:
    from bot.cards.quota import ACCOUNTS, SAVINGS, api_name, most, outlook, used

    lines = [f"{usage.platform}本月额度"]
    lines += [f"  {ACCOUNTS[a]}  {used(f)}  {outlook(f)}" for a, f in usage.forecasts.items()]
    lines += [f"    {api_name(api)}（{api}）  {count:,}" for api, count in most(usage.by_api)]
    lines += [f"  最费的单  {number}  {calls} 次" for number, calls in usage.dearest]
    return [*lines, *([f"  {SAVINGS[usage.strain]}"] if SAVINGS[usage.strain] else [])]

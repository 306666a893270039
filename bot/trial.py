"""What only an attempt can prove: people who can be found, cards that are drawn, groups that may be spoken in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Sequence

from adapters.chat import (
    ChatPlatform,
    Elsewhere,
    Finding,
    Misconfigured,
    NotReachable,
    PlatformError,
    QuotaSpent,
    RateLimited,
    Unreachable,
)
from adapters.fit import fit
from bot.app import App
from bot.cards.trial import trial_card
from domain.base import Account, Conversation, Role
from domain.people.people import Person

_STAFF = (Role.AGENT, Role.LEAD, Role.ADMIN)
_MOST = 200
_UNKNOWN = (
    "请核对 [[people]] 里的账号，并把他们加进应用的可见范围和通讯录权限范围；改了名单请运行 paidan apply。"
)
_ONLY_SERVE = "这里只有正在运行的 paidan serve 能说话：请在群里 @机器人 说「帮助」。"
_NO_ADMIN = '请在 [[people]] 里给一个人写上 roles = ["admin"]，再运行 paidan apply。'


async def people_known(app: App) -> list[Finding]:
    """One line a platform. Who only asks for help comes by themselves and is not looked up."""
    listed: defaultdict[str, list[tuple[str, Account]]] = defaultdict(list)
    for name, account in await _staff(app):
        if account.platform in app.platforms:
            listed[account.platform].append((name, account))
    return [
        finding
        for platform, people in listed.items()
        for finding in await _looked_up(app.platforms[platform], platform, people)
    ]


async def _staff(app: App) -> Sequence[tuple[str, Account]]:
    """Of the database; before the first start, of the configuration that it will begin with."""
    people = {person.id: person for role in _STAFF for person in await app.directory.with_role(role)}
    if people:
        return [(p.name, account) for p in people.values() if p.active for account in p.accounts]
    return [(p.name, account) for p in app.settings.people for account in p.accounts]


async def _looked_up(
    platform: ChatPlatform, name: str, people: Sequence[tuple[str, Account]]
) -> list[Finding]:
    """Nothing where the platform can't be asked: why is said by its own findings."""
    lost = []
    for who, account in people[:_MOST]:
        try:
            await platform.profile(account)
        except NotReachable:
            lost.append(f"{who}（{account.user_id}）")
        except PlatformError:
            return []
    key = f"people.{name}"
    if lost:
        return [Finding(ok=False, what=f"{name}：找不到 {'、'.join(lost)}", fix=_UNKNOWN, id=key)]
    return [
        Finding(ok=True, what=f"{name}：处理人、组长和管理员都找得到（{len(people[:_MOST])} 人）", id=key)
    ]


async def send_trials(app: App) -> list[Finding]:
    """A card to every administrator, a sentence into every desk's groups."""
    admins = [person for person in await app.directory.with_role(Role.ADMIN) if person.active]
    findings = [] if admins else [Finding(ok=False, what="没有管理员", fix=_NO_ADMIN, id="send.nobody")]
    for person in admins:
        findings += [await _card_to(app, person, a) for a in person.accounts if a.platform in app.platforms]
    channels = dict.fromkeys(place for desk in await app.directory.desks() for place in desk.channels)
    return findings + [await _words_in(app, place) for place in channels if place.platform in app.platforms]


async def _card_to(app: App, person: Person, account: Account) -> Finding:
    place, platform = (
        Conversation(account.platform, "direct", account.user_id),
        app.platforms[account.platform],
    )
    # A key that was used is not shown again.
    key = f"doctor-{app.now().timestamp():.0f}-{person.id}"
    return await _tried(
        f"send.{account.platform}.{account.user_id}",
        f"发测试卡片给 {person.name}（{account.platform}）",
        platform.post(place, fit(trial_card(), platform.capabilities(place)), key=key),
    )


async def _words_in(app: App, place: Conversation) -> Finding:
    words = app.platforms[place.platform].say(place, "派单自检：这个群能收到提醒。", key="doctor")
    return await _tried(
        f"send.{place.platform}.{place.key}", f"在群 {place.platform}:{place.key} 里说一句", words
    )


async def _tried(key: str, what: str, attempt: Awaitable[object]) -> Finding:
    try:
        await attempt
    except Elsewhere:
        return Finding(ok=True, what=f"{what}：没有试", fix=_ONLY_SERVE, id=key)
    except PlatformError as error:
        return Finding(ok=False, what=what, fix=_fix(error), id=key)
    return Finding(ok=True, what=what, id=key)


def _fix(error: PlatformError) -> str:
    match error:
        case Misconfigured(fix=fix):
            return fix
        case NotReachable(code=code):
            return f"平台找不到收信人或群（{code}）：请核对账号和群号，确认人在可见范围里、机器人在群里。"
        case QuotaSpent(message=message):
            return message
        case RateLimited(retry_after=wait):
            return f"平台限流，请 {wait:.0f} 秒后再试。"
        case Unreachable():
            return f"连不上平台（{error}），请检查网络和代理。"
    return f"平台拒绝：{error}"

"""What the control API shows of the played servers, as plain JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adapters.emulator.dingtalk.server import DingTalkServer

Json = dict[str, Any]


def state(server: DingTalkServer) -> Json:
    return {
        "connections": [
            {"id": c.id, "health": c.health.value, "topics": sorted(c.topics), "opened_by": c.opened_by}
            for c in server.connections.all()
        ],
        "unacked": len(server.stream.unacked),
        "sent": len(server.sent),
        "refused": [{"api": r.api, "code": r.code, "status": r.status} for r in server.refused[-50:]],
        "defects": server.defects,
        "late_answers": len(server.late_answers),
        "calls": server.calls.by_api(server.tenant.month()),
        "month": server.tenant.month(),
    }


def people(server: DingTalkServer) -> Json:
    company = server.tenant.company
    return {
        "people": [asdict(e) for e in company.employees if e.dingtalk],
        "outsiders": server.tenant.outsiders,
        "groups": [asdict(g) for g in company.groups.values() if g.platform == "dingtalk"],
    }


def bubbles(server: DingTalkServer, chat: str) -> list[Json]:
    return [asdict(b) | {"at": b.at.isoformat()} for b in server.chats.of(chat)]


def cards(server: DingTalkServer) -> list[Json]:
    return [
        {
            "outTrackId": card.out_track_id,
            "templateId": card.template_id,
            "places": [{"spaceType": p.space_type, "spaceId": p.space_id} for p in card.places],
        }
        for card in server.cards
    ]


def card_seen(server: DingTalkServer, out_track_id: str, userid: str) -> Json:
    return {
        "outTrackId": out_track_id,
        "visible": server.cards.sees(server.card(out_track_id), userid) is not None,
        "params": server.card_view(out_track_id, userid),
        "buttons": [asdict(b) for b in server.buttons(out_track_id, userid)],
        "form": [asdict(f) for f in server.form(out_track_id, userid)],
    }

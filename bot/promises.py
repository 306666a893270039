"""[[sla]] sections into policies."""

from __future__ import annotations

from collections.abc import Mapping

from bot.settings import SlaSection, TargetSection
from domain.sla.calendar import PlainTime
from domain.sla.policy import Policy, Target
from domain.tickets.states import Priority


def policies(sections: tuple[SlaSection, ...]) -> Mapping[str, Policy]:
    return {section.name: _policy(section) for section in sections}


def _policy(section: SlaSection) -> Policy:
    targets = {p: _target(getattr(section, p.value)) for p in Priority}
    return Policy(
        name=section.name,
        targets={p: target for p, target in targets.items() if target is not None},
        calendar=PlainTime(),
        warn_at=section.warn_at,
        ladder=section.ladder,
    )


def _target(section: TargetSection | None) -> Target | None:
    return Target(section.respond, section.resolve) if section else None

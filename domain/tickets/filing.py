"""Where a submitted ticket goes: what its author chose, else what was guessed, else the front desk.

``word_for`` and ``fit_for`` are each other's inverse: what a button says for a place, and what a typed word means.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.people.people import Desk, UnknownDesk
from domain.tickets.guessing import Fit, guess
from domain.tickets.ports import Unit
from domain.tickets.ticket import Ticket


async def file_away(ticket: Ticket, wish: str, unit: Unit) -> None:
    """Raises UnknownDesk for a wish that names neither a desk nor a category."""
    desks = await unit.desks.all()
    fit = Fit(ticket.desk, ticket.category)
    if wish:
        fit = fit_for(wish, desks, guess(ticket.text, desks).fits)
    elif not ticket.desk:
        # Nobody guessed and nobody chose: the first desk of the configuration is the front desk.
        fit = Fit(desks[0].key)
    ticket.desk = fit.desk
    ticket.category = fit.category or _category_at(await unit.desks.get(fit.desk), ticket.text)


def word_for(fit: Fit, desks: Sequence[Desk]) -> str:
    """What to type for ``fit``: 「行政」「打印机」, or 「IT 服务台/打印机」 where two desks have such a category."""
    desk = next(desk for desk in desks if desk.key == fit.desk)
    if not fit.category:
        return desk.name
    is_plain = len(_categories(fit.category, desks)) == 1 and not _desk(fit.category, desks)
    return fit.category if is_plain else f"{desk.name}/{fit.category}"


def fit_for(word: str, desks: Sequence[Desk], likely: Sequence[Fit] = ()) -> Fit:
    """``likely`` decides between two desks that both know the category. Raises UnknownDesk."""
    if desk := _desk(word, desks):
        return Fit(desk.key)
    place, _, category = word.rpartition("/")
    found = _categories(category, [desk for desk in desks if not place or _is_called(place, desk)])
    chosen = found if len(found) == 1 else [fit for fit in found if fit in likely]
    if len(chosen) != 1:
        raise UnknownDesk(word)
    return chosen[0]


def _desk(word: str, desks: Sequence[Desk]) -> Desk | None:
    return next((desk for desk in desks if _is_called(word, desk)), None)


def _is_called(word: str, desk: Desk) -> bool:
    return word.strip().lstrip("@").casefold() in {desk.key.casefold(), desk.name.casefold()}


def _categories(name: str, desks: Sequence[Desk]) -> list[Fit]:
    wanted = name.strip().casefold()
    return [Fit(desk.key, c.name) for desk in desks for c in desk.categories if c.name.casefold() == wanted]


def _category_at(desk: Desk, text: str) -> str:
    return guess(text, [desk]).fit.category

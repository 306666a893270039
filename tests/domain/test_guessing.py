"""Where the words say a sentence belongs, and when they do not say it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.people.people import Category, UnknownDesk
from domain.tickets.filing import fit_for, word_for
from domain.tickets.guessing import MOST_OPTIONS, Fit, guess
from tests.domain.people import IT, OFFICE

DESKS = (
    replace(
        IT,
        keywords=("电脑",),
        categories=(Category("打印", ("打印机", "卡纸")), Category("网络", ("VPN", "网络", "网"))),
    ),
    replace(OFFICE, keywords=("空调", "桌子"), categories=(Category("领用", ("打印机耗材", "领")),)),
)
PRINT, NET, OFFICE_, SUPPLIES = Fit("it", "打印"), Fit("it", "网络"), Fit("office"), Fit("office", "领用")


@pytest.mark.parametrize(
    ("text", "fit"),
    [
        ("打印机卡纸", PRINT),
        ("vpn 连不上", NET),
        ("领打印机耗材", SUPPLIES),  # and 「打印机」 was not said
        ("空调漏水", OFFICE_),
        ("电脑连不上网络", NET),
        ("电脑蓝屏", Fit("it")),
        ("打印机连不上网络", PRINT),  # one desk: whoever gets it sees the rest
    ],
)
def test_words_that_say_it_leave_no_question(text: str, fit: Fit) -> None:
    guessed = guess(text, DESKS)
    assert (guessed.fit, guessed.options) == (fit, ())


@pytest.mark.parametrize(
    ("text", "fit", "options"),
    [
        ("网络旁边的桌子", Fit(""), {NET, OFFICE_}),
        ("打印机旁边的空调漏水", Fit(""), {PRINT, OFFICE_}),  # three letters against two are no proof
        ("你好", Fit(""), {Fit("it"), OFFICE_}),
    ],
)
def test_words_that_do_not_say_it_are_a_question(text: str, fit: Fit, options: set[Fit]) -> None:
    guessed = guess(text, DESKS)
    assert (guessed.fit, set(guessed.options)) == (fit, options)


def test_two_kinds_at_one_desk_are_a_question_but_not_about_the_desk() -> None:
    guessed = guess("卡纸，断网，网络", (replace(DESKS[0], keywords=()),))
    assert (guessed.fit, guessed.options) == (Fit("it"), (PRINT, NET))


def test_a_question_has_few_answers() -> None:
    many = [replace(OFFICE, key=f"d{n}", name=f"台{n}", categories=()) for n in range(9)]
    assert len(guess("空调", many).options) == MOST_OPTIONS


@pytest.mark.parametrize("fit", [PRINT, NET, OFFICE_, SUPPLIES, Fit("it")])
def test_what_a_button_says_can_be_typed(fit: Fit) -> None:
    assert fit_for(word_for(fit, DESKS), DESKS) == fit


def test_a_category_of_two_desks_is_said_with_its_desk() -> None:
    both = (DESKS[0], replace(OFFICE, categories=(Category("打印", ("海报",)),)))
    assert [word_for(Fit(key, "打印"), both) for key in ("it", "office")] == ["IT 服务台/打印", "行政/打印"]
    assert fit_for("行政/打印", both) == Fit("office", "打印")
    assert fit_for("打印", both, likely=[PRINT]) == PRINT  # what was said decides
    for word in ("打印", "财务", "IT 服务台/财务", ""):
        with pytest.raises(UnknownDesk):
            fit_for(word, both)

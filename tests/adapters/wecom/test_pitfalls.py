"""What users of WeCom bots complain about, and which test proves that ours is spared.

Tests that exist for another reason are named and not written twice; what is left stands below.

work that takes longer than five seconds is delivered up to four times:
    adapters/wecom/test_wecom_door.py::test_a_slow_inbox_is_not_waited_for_and_not_interrupted
    adapters/wecom/test_wecom_road.py::test_what_is_delivered_four_times_has_one_id
    faults/test_redelivery.py::test_five_deliveries_are_one_message
different events of one person and one second pass for one:
    adapters/wecom/test_wecom_decode.py::test_two_events_of_one_second_have_two_ids
calls from an address that is not trusted are refused, and the address changes:
    adapters/wecom/test_wecom_client.py::test_an_untrusted_address_is_named_in_the_remedy
    adapters/wecom/test_wecom_doctor.py::test_the_address_that_wecom_saw_is_named
replicas take each other's access token away, or renew it for ever:
    adapters/wecom/test_wecom_client.py::test_hundred_calls_at_once_fetch_one_token
    adapters/wecom/test_wecom_client.py::test_replicas_share_one_token
    adapters/wecom/test_wecom_client.py::test_many_calls_with_a_dead_token_renew_it_once
    adapters/wecom/test_wecom_client.py::test_a_token_that_keeps_dying_is_repeated_once_and_not_for_ever
a text of more than 2048 bytes is cut in silence:
    adapters/wecom/test_wecom_platform.py::test_long_text_is_said_in_pieces_in_order
    adapters/wecom/test_aibot_desk.py::test_long_words_come_in_pieces_that_the_server_takes
a webhook refuses a message that is too long:
    adapters/wecom/test_wecom_webhook.py::test_a_long_card_is_cut_by_bytes
    adapters/wecom/test_wecom_webhook.py::test_a_long_sentence_is_split_and_calls_people_once
the code that repaints a card is good once and for three days:
    adapters/wecom/test_wecom_platform.py::test_edit_repaints_the_card_and_spends_the_code
    adapters/wecom/test_wecom_platform.py::test_a_press_brings_a_code_for_one_more_edit
    adapters/wecom/test_wecom_platform.py::test_a_code_is_dead_after_three_days
a card of the AI bot can't be repainted by a later call:
    adapters/wecom/test_aibot_desk.py::test_a_press_repaints_the_card_for_everybody_and_whispers_the_rest
    adapters/wecom/test_pitfalls.py::test_a_card_of_the_bot_is_never_repainted_after_the_press
a card is refused for a missing title or a task id that was used:
    adapters/wecom/test_wecom_render.py::test_what_does_not_fit_is_a_bug_and_never_dropped
    adapters/wecom/test_wecom_render.py::test_every_fitted_card_fits
    adapters/wecom/test_wecom_platform.py::test_a_repeat_whose_task_id_is_refused_counts_as_delivered
    adapters/wecom/test_pitfalls.py::test_a_card_without_a_title_still_goes_out
what is said in a group does not arrive:
    no test: the application never hears a group and the bot only what mentions it; both READMEs
    and the guide to going live say so where the group is set up.
two connections of one bot kick each other out, and the loser is half alive:
    adapters/wecom/test_aibot_line.py::test_who_is_kicked_closes_stands_by_and_comes_back_slowly
    adapters/wecom/test_aibot_line.py::test_a_second_replica_stands_by_and_takes_over_within_thirty_seconds
    faults/test_one_connection.py::test_the_lease_moves_only_when_its_holder_is_gone
    bot/test_doctor.py::test_what_the_running_program_says_of_its_connections_is_told
    bot/test_health.py::test_when_each_connection_last_spoke_can_be_watched
after a silent loss the server knows of no subscription:
    adapters/wecom/test_aibot_line.py::test_a_forgotten_subscription_is_renewed_and_the_words_arrive_once
    adapters/wecom/test_aibot_line.py::test_a_socket_that_answers_no_ping_is_closed_and_replaced
after a reconnect a group is silent until the bot is added again:
    adapters/wecom/test_pitfalls.py::test_the_doctor_tells_to_add_the_bot_again_where_a_group_is_silent
a stream that is older than some minutes is lost though it was acknowledged:
    adapters/wecom/test_aibot_desk.py::test_what_was_answered_elsewhere_is_closed_with_a_line
    adapters/wecom/test_aibot_desk.py::test_a_spent_turn_becomes_a_push
    adapters/wecom/test_pitfalls.py::test_no_answer_is_left_open_for_minutes
the bot may not speak first in a group where nobody has spoken to it lately:
    adapters/wecom/test_aibot_desk.py::test_where_the_bot_may_not_push_the_webhook_or_the_application_does
    stories/test_wecom_group.py::test_where_nobody_has_spoken_to_the_bot_the_offer_comes_in_private
subscribing again too quickly is refused:
    adapters/wecom/test_aibot_line.py::test_a_refused_subscription_is_not_hurried
    adapters/wecom/test_aibot_line.py::test_two_hundred_clean_closes_are_at_most_twelve_openings_in_ten_minutes
a chat id in another spelling reaches nobody:
    adapters/wecom/test_pitfalls.py::test_a_group_is_called_by_its_id_exactly_as_it_came
the AI bot mentions nobody, whatever it writes:
    adapters/wecom/test_pitfalls.py::test_the_bot_does_not_pretend_to_mention
    adapters/wecom/test_wecom_webhook.py::test_a_card_becomes_words_with_a_real_mention
the same person has another id, or one that says nothing:
    adapters/wecom/test_aibot_desk.py::test_opaque_ids_are_accounts_of_the_bot_only
    adapters/wecom/test_aibot_decode.py::test_whose_account_it_is
what was sealed for another receiver is answered with an error for ever:
    adapters/wecom/test_wecom_decode.py::test_what_was_written_for_another_tenant_is_refused
    faults/test_bad_input.py::test_a_well_signed_message_for_another_company_is_refused
the whole address stands where a webhook's key belongs, or the webhook was deleted:
    adapters/wecom/test_wecom_webhook.py::test_a_key_or_the_pasted_address_will_do
    adapters/wecom/test_wecom_webhook.py::test_a_deleted_webhook_is_switched_off_and_says_how_to_mend_it
a webhook's markdown mentions nobody:
    adapters/wecom/test_wecom_webhook.py::test_a_card_becomes_words_with_a_real_mention
    adapters/wecom/test_wecom_webhook.py::test_what_people_type_calls_nobody
the bot is visible to its maker only, or its id or secret is wrong:
    adapters/wecom/test_pitfalls.py::test_the_doctor_tries_the_bots_id_and_secret
    adapters/wecom/test_pitfalls.py::test_the_doctor_tells_to_add_the_bot_again_where_a_group_is_silent
equal messages are taken for repeats and not shown:
    adapters/wecom/test_wecom_platform.py::test_the_same_sentence_may_be_said_again_later
    adapters/wecom/test_wecom_platform.py::test_a_repeat_after_a_lost_answer_is_the_same_card
a number that looks like a person's id means a department:
    adapters/wecom/test_wecom_platform.py::test_nobody_can_be_made_to_write_to_everybody
    adapters/wecom/test_wecom_platform.py::test_somebody_outside_the_visible_range_is_not_reachable
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.chat import EditSpent, Reply, Said
from adapters.emulator.company import Group
from adapters.wecom.aibot.desk import Grace
from domain.base import Account, Conversation
from tests.adapters.pitfalls import Row, missing, rows
from tests.adapters.wecom.aibot_house import BotHouse, Street, street
from tests.adapters.wecom.conftest import LI, House
from tests.adapters.wecom.fakes import closed, offer

ROWS = rows(__doc__ or "")
LI_AND_BOT = Conversation("wecom-aibot", "direct", "LiSi")
MIXED = "wrAbCdEFghIJ-0_9"


@pytest.fixture(name="street")
async def _street() -> AsyncIterator[Street]:
    async with street() as made:
        yield made


@pytest.fixture
async def bot(street: Street) -> BotHouse:
    return await street.connected_house()


def test_no_row_is_left_out() -> None:
    assert len({row.pitfall for row in ROWS}) == 25


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.pitfall.replace(" ", "_"))
def test_we_are_spared(row: Row) -> None:
    assert row.is_answered
    assert missing(row) == []


async def test_a_card_of_the_bot_is_never_repainted_after_the_press(bot: BotHouse) -> None:
    await bot.vendor.says("LiSi", "在吗")
    copy = await bot.bot.post(LI_AND_BOT, offer(), key="k")
    before = len(bot.vendor.book.done)
    with pytest.raises(EditSpent):
        await bot.bot.edit(copy, closed())
    assert len(bot.vendor.book.done) == before


async def test_a_card_without_a_title_still_goes_out(house: House) -> None:
    await house.wecom.post(LI, offer(title="\uffff \x00"), key="k")
    assert house.vendor.chats.of("LiSi")[0].body["main_title"]["title"] == "（无标题）"
    assert house.vendor.defects == []


async def test_the_doctor_tells_to_add_the_bot_again_where_a_group_is_silent(street: Street) -> None:
    [finding] = await (await street.house()).bot.diagnose()
    assert finding.ok
    assert "移出群再加一次" in finding.fix
    assert "可见范围" in finding.fix


def test_no_answer_is_left_open_for_minutes() -> None:
    assert max(Grace().message, Grace().welcome) < 5


async def test_a_group_is_called_by_its_id_exactly_as_it_came(bot: BotHouse) -> None:
    bot.vendor.groups.add(MIXED)
    bot.vendor.state.company.groups[MIXED] = Group(MIXED, "wecom", "值班群", ["LiSi"])
    bot.inbox.reply = Reply(text="好")
    await bot.vendor.says("LiSi", "打印机坏了", MIXED)
    said = bot.inbox.last
    assert isinstance(said, Said)
    assert said.place.key == MIXED
    await bot.bot.say(said.place, "即将超时", key="k")
    assert bot.vendor.state.chats.of(MIXED)[-1].text == "即将超时"


async def test_the_bot_does_not_pretend_to_mention(bot: BotHouse) -> None:
    assert not bot.bot.capabilities(LI_AND_BOT).mentions
    await bot.vendor.says("LiSi", "在吗")
    await bot.bot.say(LI_AND_BOT, "请看一下", key="k", mention=[Account("wecom", "WangFang")])
    assert "<@" not in bot.vendor.state.chats.of("aibot:LiSi")[-1].text


@pytest.mark.parametrize(("code", "advice"), [(93019, "bot_id"), (853000, "secret"), (45009, "60 秒后再试")])
async def test_the_doctor_tries_the_bots_id_and_secret(street: Street, code: int, advice: str) -> None:
    house = BotHouse(street.emulator, street.session, street.shelf)
    street.vendor.commands.failing["aibot_subscribe"].append(code)
    [finding] = await house.bot.diagnose()
    assert not finding.ok
    assert advice in finding.fix

"""What users of DingTalk bots complain about, and which test proves that ours is spared.

Tests that exist for another reason are named and not written twice; what is left stands below.

a slow handler hears the same message again:
    adapters/dingtalk/test_stream.py::test_a_redelivered_message_has_the_same_id
    adapters/dingtalk/test_stream.py::test_a_slow_press_gets_an_empty_answer_in_time_and_is_shown_later
    faults/test_redelivery.py::test_five_deliveries_are_one_message
messages are lost while the server moves the connection or a new version is rolled out:
    adapters/dingtalk/test_stream_life.py::test_a_successor_is_connected_before_the_old_socket_goes
    adapters/dingtalk/test_stream_life.py::test_work_under_way_is_acknowledged_on_the_socket_that_brought_it
    adapters/dingtalk/test_stream_life.py::test_stop_lets_work_under_way_be_acknowledged_and_answered
a socket is open and brings nothing, for hours, and nobody notices:
    adapters/dingtalk/test_stream_life.py::test_a_socket_that_only_looks_alive_is_replaced
    adapters/dingtalk/test_stream_life.py::test_a_half_open_socket_is_replaced_when_its_pong_stays_away
    adapters/dingtalk/test_stream.py::test_health_says_when_the_last_frame_came
    bot/test_health.py::test_when_each_connection_last_spoke_can_be_watched
connections are opened in a storm:
    adapters/dingtalk/test_stream_life.py::test_clean_closes_after_the_handshake_back_off
    adapters/dingtalk/test_stream_life.py::test_a_server_that_says_disconnect_at_once_backs_off_too
    adapters/dingtalk/test_stream_life.py::test_refused_tickets_back_off
the program can't be stopped:
    adapters/dingtalk/test_stream_life.py::test_stop_does_not_wait_for_work_that_hangs
    adapters/dingtalk/test_stream_life.py::test_cancelling_run_once_is_enough
    faults/test_kill.py::test_it_stops_in_time_while_a_vendor_hangs
the SDK's own requests stop the whole program:
    adapters/dingtalk/test_pitfalls.py::test_nothing_that_blocks_is_taken_from_the_sdk
an error in a handler vanishes:
    adapters/dingtalk/test_stream.py::test_nothing_is_acknowledged_that_was_not_kept
    adapters/dingtalk/test_stream.py::test_an_event_that_could_not_be_kept_is_asked_for_again
    faults/test_doorstep.py::test_a_message_that_hits_a_bug_is_tried_shown_and_replayed
the address for answers has ended, and the answer is lost:
    adapters/dingtalk/test_decode.py::test_the_session_lives_as_long_as_the_message_says_less_a_minute
    adapters/dingtalk/test_stream.py::test_an_answer_finds_another_way_when_the_session_has_ended
    adapters/dingtalk/test_platform.py::test_a_session_is_not_used_past_its_time
many cards repainted at once are refused:
    adapters/dingtalk/test_platform.py::test_a_burst_keeps_below_twenty_calls_a_second
the month's calls are spent and nobody knew:
    adapters/dingtalk/test_client.py::test_what_dingtalk_bills_is_counted_and_nothing_else
    adapters/dingtalk/test_platform.py::test_an_open_session_saves_the_months_calls
    adapters/dingtalk/test_stream.py::test_a_message_without_content_says_that_the_quota_is_spent
a card template is hard to set up, or somebody else's goes away:
    adapters/dingtalk/test_platform.py::test_without_its_template_a_card_is_text_that_speaks
    adapters/dingtalk/test_diagnosing.py::test_a_missing_template_is_named
    adapters/dingtalk/test_diagnosing.py::test_a_template_that_is_not_published_is_to_be_published
    bot/test_doctor.py::test_a_trial_reaches_administrators_and_groups
a card loses what an update does not name:
    adapters/dingtalk/test_captures.py::test_an_update_says_that_nothing_else_is_to_be_lost
    adapters/dingtalk/test_render.py::test_the_same_cards_have_the_same_variables_so_that_none_keeps_an_old_value
a card that missed its update still has its buttons:
    faults/test_races.py::test_one_of_many_wins_and_the_others_are_told_who
    faults/test_races.py::test_one_press_delivered_five_times_at_once_is_one_press
    stories/test_who_is_there.py::test_a_press_on_an_old_card_tells_what_became_of_it
presses go to another environment that uses the same application:
    adapters/dingtalk/test_pitfalls.py::test_the_doctor_warns_of_a_second_environment
nobody can be mentioned by a message that the robot sends of itself:
    adapters/dingtalk/test_platform.py::test_whoever_is_mentioned_is_called
    adapters/dingtalk/test_platform.py::test_a_mention_goes_through_the_open_session
    adapters/dingtalk/test_webhooks.py::test_signed_words_with_a_mention_arrive
people from outside have no staff id, and an unpublished application odd fields:
    adapters/dingtalk/test_platform.py::test_somebody_from_outside_is_answered_in_their_session
    adapters/dingtalk/test_decode_press.py::test_somebody_of_another_company_is_not_our_colleague_of_the_same_id
    adapters/dingtalk/test_stream.py::test_an_unpublished_robot_still_hears_and_answers
a refusal says 400, 401 or an address that is not allowed, and nobody knows what to do:
    adapters/dingtalk/test_errors.py::test_opening_a_stream
    adapters/dingtalk/test_errors.py::test_a_refused_ipv6_address_gets_the_hint
    adapters/dingtalk/test_diagnosing.py::test_a_refused_address_is_named
    adapters/dingtalk/test_diagnosing.py::test_an_application_that_may_not_open_a_stream_is_told_where_to_look
    bot/test_doctor.py::test_ipv6_can_be_avoided
a storm of alarms puts a group robot into the corner:
    adapters/dingtalk/test_webhooks.py::test_the_limit_is_never_touched
    adapters/dingtalk/test_webhooks.py::test_who_was_sent_to_the_corner_stays_there_ten_minutes
an update fails for what somebody has typed:
    adapters/dingtalk/test_platform.py::test_refused_words_are_left_out_and_the_ticket_is_seen
    adapters/dingtalk/test_markdown.py::test_words_stay_words
a forwarded record of a talk comes in one of several shapes, or only a part of it:
    adapters/dingtalk/test_decode.py::test_payload_means
    stories/test_brought_along.py::test_a_record_is_shown_before_it_goes_along
    stories/test_brought_along.py::test_of_a_record_that_tells_nothing_it_is_said_so
a voice or a film goes only with its length and a picture:
    adapters/test_files_both_ways.py::test_what_plays_is_sent_to_dingtalk_with_how_long_it_lasts
    adapters/test_files_both_ways.py::test_what_dingtalk_can_not_play_is_said_where_to_find
what was edited or taken back still stands in the ticket:
    no test: DingTalk tells a robot of neither (§2.1), WeCom neither an application nor an AI bot; the ticket keeps
    what was said when it was said, and whoever wrote it may cancel it.
events that are pushed over HTTP are wrapped by samples that break on Chinese:
    no test: events come by the stream; no address for HTTP pushes is offered, so there is no such code to be wrong.
secrets and whole messages stand in the log:
    adapters/dingtalk/test_stream_life.py::test_no_secret_and_no_ticket_is_logged
    adapters/dingtalk/test_frames.py::test_the_sdk_logs_nothing_and_hangs_no_output_on_the_logging_tree
    adapters/dingtalk/test_webhooks.py::test_no_secret_is_shown
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import adapters
from tests.adapters.dingtalk.conftest import House
from tests.adapters.pitfalls import Row, missing, rows

ROWS = rows(__doc__ or "")
OURS = Path(adapters.__file__).parent
# Their frames and handlers do no I/O of their own; everything else of the SDK does, and blocks.
HARMLESS = {"dingtalk_stream.frames", "dingtalk_stream.handlers"}


def test_no_row_is_left_out() -> None:
    assert len({row.pitfall for row in ROWS}) == 24


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.pitfall.replace(" ", "_"))
def test_we_are_spared(row: Row) -> None:
    assert row.is_answered
    assert missing(row) == []


def test_nothing_that_blocks_is_taken_from_the_sdk() -> None:
    taken = {name for file in OURS.rglob("*.py") for name in _imported(file)}
    assert {name for name in taken if name.startswith("dingtalk_stream")} == HARMLESS
    assert not taken & {"requests", "urllib.request", "http.client"}


async def test_the_doctor_warns_of_a_second_environment(house: House) -> None:
    finding = next(f for f in await house.dingtalk.diagnose() if "Stream" in f.what)
    assert finding.ok
    assert "机器人消息、卡片回调" in finding.what
    assert "client_id" in finding.fix


def _imported(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found

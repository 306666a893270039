"""How the played servers behave. The defaults are the likelier reading of the documents.

"(open)" marks what no source confirms: both settings are possible on the real servers, both deserve a test.
Section numbers are those of the DingTalk dossier.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Switches:
    # ── stream: opening and closing (§1.1, 1.2, 1.6) ─────────────────────────────────────────────
    published: bool = True  # False: 400 at open
    ticket_seconds: float = 90.0
    bad_ticket_status: int = 401  # (open)
    xml_without_accept: bool = True  # the gateway answers XML unless JSON is asked for
    closes_after_handshake: bool = False
    ping_seconds: float = 25.0  # real time; 0 sends none
    greets: bool = False  # CONNECTED and REGISTERED frames, which only the Node SDK knows
    close_after_disconnect_seconds: float = 10.0
    bare_system_frames: bool = False  # SYSTEM frames without specVersion and most headers

    # ── stream: delivering (§1.5, 1.8) ───────────────────────────────────────────────────────────
    choice_looks_at_subscriptions: bool = True  # (open)
    ack_from_any_socket: bool = True  # (open); the Python SDK may ack on a newer socket
    patience_seconds: float = 5.0  # real time that the calling side waits for an ack
    redelivers: bool = True
    redelivers_cards: bool = False  # (open)
    redeliver_after_seconds: float = 60.0  # (open) the emulator's time; 16 s was seen once
    redeliver_times: int = 3  # (open)
    redelivery_keeps_message_id: bool = False  # (open)
    error_code_redelivers: bool = True  # (open) an ack with code 404 or 500
    later_redelivers: bool = True  # an event answered with status LATER
    deliver_times: int = 1
    deliver_together: bool = False  # the copies at once instead of one after the other

    # ── robot messages (§2.1) ────────────────────────────────────────────────────────────────────
    leading_space: bool = True  # what is left of the @robot in a group
    staff_id_present: bool = True  # False: reported for robots that are still being debugged
    union_id_present: bool = True  # (open) only newer payloads have it
    record_keeps: int = 0  # (open) of a forwarded record only so many messages come; 0: all. 3 of 9 was seen
    record_has_names: bool = True  # (open) else only ids, and the names stand in the summary
    record_has_details: bool = True  # (open) else only the summary
    session_seconds: float = 5400.0
    session_replies_per_minute: int = 0  # (open) 0: no limit

    # ── cards (§4) ───────────────────────────────────────────────────────────────────────────────
    update_replaces: bool = True  # PUT without ByKey options drops what is not sent
    strings_only: bool = True
    card_value_bytes: int = 0  # (open) 1024 is documented, more is reported to work; 0: no limit
    card_life_seconds: float = 0.0  # (open) how long an instance can be updated; 0: for ever
    card_updates_per_second: int = 0  # (open) of one instance; 0: no limit
    late_joiners_see_cards: bool = True  # (open)
    duplicate_card_refused: bool = True  # False: answers success and shows the old card
    any_template: bool = False  # True: every template id is known
    unpublished_templates_work: bool = True
    card_mention_needs_text: bool = True  # cardAtUserIds needs <a atId=…> in a variable
    card_answer_seconds: float = 2.0  # real time
    late_answer_applied: bool = False  # (open)
    answer_during_put_is_defect: bool = False  # the update API must not be used while a press waits
    callback_content_key: str = "content"  # or "value"
    callback_content_is_text: bool = True  # False: an object instead of a JSON string
    builtin_params_carry_id: bool = True  # (open) params.id beside actionIds
    builtin_calls_back: bool = True  # (open) request:true on the public template
    builtin_max_buttons: int = 0  # (open) 0: no limit
    select_as_object: bool = True  # (open) {"index", "value"} against the plain value
    callback_space_type: str = ""  # (open) "" sends IM_GROUP / IM_ROBOT; "IM" and "im" were seen
    callback_leaves_out_space: bool = False  # (open) the official list has no spaceId

    # ── calls (§0.1, 3.1, 3.2) ───────────────────────────────────────────────────────────────────
    bad_token_status: int = 400  # (open) or 401
    token_seconds: int = 7200
    token_renews: bool = True  # asking again within the life returns the same token with a full life
    qps: int = 20  # per API; 0: no limit
    monthly_calls: int = 0  # 5000 on the standard edition; 0: no limit
    monthly_messages: int = 0  # 3000 on the standard edition; 0: no limit
    month_offset_hours: int = 8  # (open) in which zone the month turns
    session_replies_metered: bool = False  # (open) as Webhook & Stream messages
    card_callbacks_metered: bool = False  # (open) as Webhook & Stream messages
    ding_allowed: bool = True  # professional and exclusive editions only
    extra_fields: bool = True  # unknown fields in every answer and frame: clients must ignore them
    allowed_ips: frozenset[str] | None = None
    seen_ip: str = ""  # where calls seem to come from; else from where they do
    max_users_per_send: int = 20
    msg_param_bytes: int = 15_000
    webhook_per_minute: int = 20
    webhook_block_seconds: float = 600.0
    file_url_seconds: float = 3600.0  # (open)

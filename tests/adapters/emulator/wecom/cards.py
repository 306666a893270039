"""Cards that Tencent takes, to be spoilt one field at a time (wecom.md §3.3)."""

from __future__ import annotations

from typing import Any

Card = dict[str, Any]
URL = "https://tickets.example.com/t/42"


def accept_card(task_id: str = "tk42-r1") -> Card:
    return {
        "card_type": "button_interaction",
        "source": {"desc": "工单助手", "desc_color": 0},
        "action_menu": {
            "desc": "更多操作",
            "action_list": [
                {"text": "查看详情", "key": "v1:42:detail"},
                {"text": "静音", "key": "v1:42:mute"},
            ],
        },
        "main_title": {"title": "#42 三楼打印机卡纸", "desc": "P2 · 2 小时内响应"},
        "sub_title_text": "张三：一直报 E03，重启无效",
        "horizontal_content_list": [
            {"keyname": "提单人", "value": "张三", "type": 3, "userid": "ZhangSan"},
            {"keyname": "详情", "value": "打开工单", "type": 1, "url": URL},
        ],
        "card_action": {"type": 1, "url": URL},
        "task_id": task_id,
        "button_selection": {
            "question_key": "prio",
            "title": "优先级",
            "selected_id": "p2",
            "option_list": [{"id": "p1", "text": "P1"}, {"id": "p2", "text": "P2"}],
        },
        "button_list": [
            {"text": "接单", "style": 1, "key": "v1:42:accept"},
            {"text": "转派", "style": 2, "key": "v1:42:transfer"},
            {"text": "打开", "type": 1, "url": URL},
        ],
    }


def notice_card() -> Card:
    return {
        "card_type": "text_notice",
        "main_title": {"title": "#42 已解决", "desc": "李四"},
        "emphasis_content": {"title": "100", "desc": "分钟"},
        "quote_area": {"type": 1, "url": URL, "title": "原话", "quote_text": "卡纸了"},
        "jump_list": [{"type": 1, "title": "打开", "url": URL}],
        "card_action": {"type": 1, "url": URL},
    }


def news_card() -> Card:
    return {
        "card_type": "news_notice",
        "main_title": {"title": "周报"},
        "card_image": {"url": "https://tickets.example.com/chart.png", "aspect_ratio": 1.5},
        "vertical_content_list": [{"title": "本周 12 单", "desc": "超时 0 单"}],
        "card_action": {"type": 1, "url": URL},
    }


def vote_card(task_id: str = "vote-1") -> Card:
    return {
        "card_type": "vote_interaction",
        "main_title": {"title": "满意吗？"},
        "task_id": task_id,
        "checkbox": {
            "question_key": "score",
            "mode": 0,
            "option_list": [{"id": "5", "text": "满意"}, {"id": "1", "text": "不满意"}],
        },
        "submit_button": {"text": "提交", "key": "v1:42:rate"},
    }


def form_card(task_id: str = "form-1") -> Card:
    return {
        "card_type": "multiple_interaction",
        "main_title": {"title": "怎么解决的？"},
        "task_id": task_id,
        "select_list": [
            {
                "question_key": "cause",
                "option_list": [{"id": "hw", "text": "硬件"}, {"id": "sw", "text": "软件"}],
            },
            {
                "question_key": "how",
                "option_list": [{"id": "fix", "text": "修好"}, {"id": "new", "text": "换新"}],
            },
        ],
        "submit_button": {"text": "提交", "key": "v1:42:resolve"},
    }

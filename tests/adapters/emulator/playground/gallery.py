"""One of everything that the vendors' clients can show, for looking at and for tests of how it is drawn."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]

BUTTONS: Json = {
    "card_type": "button_interaction",
    "source": {"desc": "IT 服务台", "desc_color": 0},
    "action_menu": {
        "desc": "更多操作",
        "action_list": [{"text": "查看详情", "key": "detail"}, {"text": "不再提醒", "key": "mute"}],
    },
    "main_title": {"title": "IT-1042 三楼打印机卡纸", "desc": "P2 · 2 小时内响应"},
    "quote_area": {"type": 0, "title": "上次处理", "quote_text": "李四：更换过 2 号纸盒搓纸轮"},
    "sub_title_text": "张三：一直报 E03，重启无效",
    "horizontal_content_list": [
        {"keyname": "提单人", "value": "张三", "type": 3, "userid": "ZhangSan"},
        {"keyname": "分类", "value": "IT / 外设"},
        {"keyname": "详情", "value": "打开工单", "type": 1, "url": "https://tickets.example.com/t/42"},
    ],
    "card_action": {"type": 1, "url": "https://tickets.example.com/t/42"},
    "button_selection": {
        "question_key": "priority",
        "title": "优先级",
        "option_list": [
            {"id": "P1", "text": "P1 紧急"},
            {"id": "P2", "text": "P2 高"},
            {"id": "P3", "text": "P3 普通"},
        ],
        "selected_id": "P3",
    },
    "button_list": [
        {"text": "接单", "style": 1, "key": "accept"},
        {"text": "转派", "style": 2, "key": "transfer"},
        {"text": "拒单", "style": 3, "key": "decline"},
        {"text": "稍后", "style": 4, "key": "later"},
    ],
}

TEXT_NOTICE: Json = {
    "card_type": "text_notice",
    "source": {"desc": "SLA 提醒", "desc_color": 2},
    "main_title": {"title": "IT-1042 快要超时了", "desc": "处理人 李四"},
    "emphasis_content": {"title": "00:32", "desc": "离 17:00 还剩"},
    "sub_title_text": "已扣除午休 12:00–13:30",
    "horizontal_content_list": [
        {"keyname": "服务台", "value": "IT 服务台"},
        {"keyname": "优先级", "value": "P2"},
    ],
    "jump_list": [
        {"type": 1, "title": "打开工单", "url": "https://tickets.example.com/t/42"},
        {"type": 1, "title": "这个倒计时怎么来的", "url": "https://tickets.example.com/t/42/clock"},
    ],
    "card_action": {"type": 1, "url": "https://tickets.example.com/t/42"},
}

NEWS_NOTICE: Json = {
    "card_type": "news_notice",
    "source": {"desc": "知识库", "desc_color": 3},
    "main_title": {"title": "打印机卡纸自查", "desc": "三步，约 2 分钟"},
    "card_image": {"url": "https://tickets.example.com/printer.png", "aspect_ratio": 2.25},
    "image_text_area": {
        "type": 1,
        "url": "https://tickets.example.com/k/7",
        "title": "先看 2 号纸盒",
        "desc": "多数卡纸发生在进纸口",
        "image_url": "https://tickets.example.com/tray.png",
    },
    "vertical_content_list": [
        {"title": "第一步", "desc": "断电，打开前盖"},
        {"title": "第二步", "desc": "顺着出纸方向取纸"},
    ],
    "jump_list": [{"type": 1, "title": "看完整说明", "url": "https://tickets.example.com/k/7"}],
    "card_action": {"type": 1, "url": "https://tickets.example.com/k/7"},
}

VOTE: Json = {
    "card_type": "vote_interaction",
    "source": {"desc": "满意度"},
    "main_title": {"title": "IT-1042 修得怎么样？", "desc": "一分钟，帮我们做得更好"},
    "checkbox": {
        "question_key": "stars",
        "mode": 0,
        "option_list": [
            {"id": "5", "text": "★★★★★ 很满意", "is_checked": True},
            {"id": "4", "text": "★★★★ 满意"},
            {"id": "3", "text": "★★★ 一般"},
        ],
    },
    "submit_button": {"text": "提交评分", "key": "rate"},
}

TICKS: Json = {
    "card_type": "vote_interaction",
    "main_title": {"title": "哪里没做好？", "desc": "可多选"},
    "checkbox": {
        "question_key": "why",
        "mode": 1,
        "option_list": [
            {"id": "slow", "text": "等得太久"},
            {"id": "again", "text": "又坏了"},
            {"id": "cold", "text": "态度"},
        ],
    },
    "submit_button": {"text": "提交", "key": "why"},
}

MULTIPLE: Json = {
    "card_type": "multiple_interaction",
    "source": {"desc": "IT 服务台"},
    "main_title": {"title": "解决 IT-1042", "desc": "选一个结果"},
    "select_list": [
        {
            "question_key": "result",
            "title": "处理结果",
            "option_list": [{"id": "fixed", "text": "已修好"}, {"id": "replaced", "text": "已更换部件"}],
        },
        {
            "question_key": "cause",
            "title": "原因",
            "selected_id": "use",
            "option_list": [{"id": "wear", "text": "老化"}, {"id": "use", "text": "使用不当"}],
        },
    ],
    "submit_button": {"text": "解决", "key": "resolve"},
}

WECOM_CARDS = [BUTTONS, TEXT_NOTICE, NEWS_NOTICE, VOTE, TICKS, MULTIPLE]

MARKDOWN_BODY = (
    "**张三**：一直报 E03，重启无效\n\n"
    "- 提单人：张三\n- 分类：IT / 外设\n- 响应：**12:02 前**（还剩 1 小时 58 分）\n\n"
    "> 上次：更换过 2 号纸盒搓纸轮\n\n"
    "[打开工单](https://tickets.example.com/t/42)"
)


def builtin(title: str, markdown: str, buttons: list[Json], tips: str = "") -> Json:
    """Variables of the public template 1366a1eb."""
    extra = json.dumps({"msgButtons": buttons}, ensure_ascii=False)
    return {"title": title, "logo": "", "markdown": markdown, "tips": tips, "sys_full_json_obj": extra}


def button(text: str, key: str, colour: str = "gray") -> Json:
    return {"text": text, "color": colour, "id": key, "request": True}


WAITING = builtin(
    "【待接单】IT-1042 三楼打印机卡纸",
    MARKDOWN_BODY,
    [button("接单", "accept", "blue"), button("转派", "transfer"), button("拒单", "decline")],
    "也可以回复：接单 1042",
)

OWN: Json = {
    "title": "IT-1042 三楼打印机卡纸",
    "statusText": "处理中",
    "statusColor": "blue",
    "source": "IT 服务台",
    "fields": json.dumps([{"name": "处理人", "value": "李四"}, {"name": "到期", "value": "今天 17:00"}]),
    "body": "一直报 **E03**，重启无效",
    "note": "李四 10:05 接单",
    "notice": "",
    "buttons": json.dumps(
        [
            {
                "text": "解决",
                "color": "blue",
                "status": "normal",
                "event": {"type": "sendCardRequest", "params": {"actionId": "resolve", "params": {}}},
            },
            {
                "text": "要信息",
                "status": "disabled",
                "event": {"type": "sendCardRequest", "params": {"actionId": "ask", "params": {}}},
            },
            {
                "text": "详情",
                "event": {"type": "openLink", "params": {"url": "https://tickets.example.com/t/42"}},
            },
        ]
    ),
}

FORM: Json = {
    "title": "新工单",
    "form": json.dumps(
        {
            "fields": [
                {
                    "name": "what",
                    "label": "怎么了",
                    "type": "TEXT_AREA",
                    "required": True,
                    "placeholder": "一句话说清楚",
                },
                {
                    "name": "priority",
                    "label": "优先级",
                    "type": "SELECT",
                    "options": [{"value": "P2", "text": "高"}, {"value": "P3", "text": "普通"}],
                },
                {"name": "draft", "type": "TEXT", "hidden": True, "defaultValue": "D-17"},
            ]
        }
    ),
}

ACTION_CARD: Json = {
    "title": "IT-1042 待接单",
    "text": "### IT-1042 三楼打印机卡纸\n\n提单人：张三  \n优先级：P2\n\n1. 先看纸盒\n2. 再看搓纸轮",
    "actionTitle1": "接单",
    "actionURL1": "dtmd://dingtalkclient/sendMessage?content=%E6%8E%A5%E5%8D%95%201042",
    "actionTitle2": "打开工单",
    "actionURL2": "https://tickets.example.com/t/42",
}

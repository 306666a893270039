"""Tencent's side of the AI bot (智能机器人): the long connection, its commands and what members do (wecom.md §4)."""

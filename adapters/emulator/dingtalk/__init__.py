"""DingTalk's servers, played: stream, robot, cards, contacts, login. Start at ``server.DingTalkServer``."""

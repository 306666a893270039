// The list of somebody's chats: the bot first, unread marks, the last words.

import { badge, botAvatar, groupAvatar } from "./avatar.js";
import { snippet } from "./bubble.js";
import { h } from "./dom.js";
import { bubblesFor, calls, chatsOf, nameOn, openChat, state, unread } from "./state.js";
import { stamp } from "./time.js";

export function chatList(platform, person) {
  return h(
    "ul",
    { class: "chats" },
    chatsOf(platform, person).map((chat) => h("li", {}, row(platform, person, chat))),
  );
}

function row(platform, person, chat) {
  const last = bubblesFor(platform, chat.id, person).at(-1);
  const waiting = unread(platform, person, chat.id);
  const called = waiting.some((bubble) => calls(bubble, person));
  return h(
    "button",
    {
      type: "button",
      class: "chat-row",
      data: { chat: chat.id, unread: String(waiting.length) },
      on: { click: () => openChat(platform, person, chat.id) },
    },
    h("span", { class: "chat-face" }, chat.group ? groupAvatar() : botAvatar(), badge(waiting.length)),
    h(
      "span",
      { class: "chat-words" },
      h(
        "span",
        { class: "chat-title" },
        chat.title,
        chat.tag && h("span", { class: "robot-tag" }, chat.tag),
      ),
      h(
        "span",
        { class: "chat-last" },
        called && h("em", {}, "[有人@我] "),
        last ? lastWords(platform, person, chat, last) : "还没有消息",
      ),
    ),
    last && h("time", { class: "chat-time" }, stamp(last.at, state.now)),
  );
}

function lastWords(platform, person, chat, last) {
  const speaker =
    chat.group && last.sender !== person
      ? `${last.sender === "robot" ? state.bot : nameOn(platform, last.sender)}：`
      : "";
  return `${speaker}${snippet(last)}`;
}

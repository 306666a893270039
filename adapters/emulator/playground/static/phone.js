// One phone: status bar, a screen with the list of chats or an open chat, and a layer for sheets and hints.

import { act } from "./api.js";
import { badge } from "./avatar.js";
import { chatList } from "./chat-list.js";
import { composer } from "./composer.js";
import { topCard as drawTop } from "./dingtalk-card.js";
import { h, icon, redraw } from "./dom.js";
import {
  chatsOf,
  emit,
  groupOf,
  isSeen,
  markRead,
  NAMES,
  on,
  openChat,
  state,
  topCard,
  unread,
} from "./state.js";
import { thread } from "./thread.js";
import { clock, sameDay } from "./time.js";
import { opened } from "./dingtalk-message.js";

const TROUBLES = {
  wecom: { offline: "模拟断网：机器人发不出消息", limited: "模拟限流：机器人发不出消息" },
  dingtalk: { offline: "模拟断网：机器人掉线了", limited: "模拟限流：机器人发不出消息" },
};

export function phone(platform) {
  const time = h("span", { class: "status-time" });
  const trouble = h("div", { class: "trouble-line", role: "status" });
  const screen = h("div", { class: "screen" });
  const element = h(
    "article",
    { class: `phone phone-${platform}`, "aria-label": `${NAMES[platform]}手机`, data: { phone: platform } },
    h(
      "div",
      { class: "status" },
      time,
      h("span", { class: "mock", title: "自己画的界面，不是厂商的产品" }, `${NAMES[platform]} · 模拟`),
      h("span", { class: "battery", "aria-hidden": "true" }),
    ),
    trouble,
    screen,
    h("div", { class: "hints", role: "status", "aria-live": "assertive" }),
    h("div", { class: "layer" }),
  );
  element.addEventListener("click", (event) => openAsOwner(event, platform, element.dataset.viewer));
  let open = null; // what is on the screen: {key, update}

  function show() {
    const { person, chat } = state.phones[platform];
    const key = `${state.run}/${person}/${chat}`;
    element.dataset.viewer = person;
    // Times are written as seen from a day, so a new day is a new picture.
    if (open?.key === key && sameDay(open.day, state.now)) return update();
    const held = element.contains(document.activeElement);
    element.querySelector(".layer").replaceChildren();
    open = {
      key,
      day: state.now,
      ...(chat ? openedChat(platform, person, chat, element) : openedList(platform, person)),
    };
    screen.replaceChildren(...open.elements);
    update();
    if (held) firstStop(screen)?.focus();
    if (chat === person && person) act("enter", { platform, person });
  }

  function update() {
    open.update();
    seen(platform);
  }

  on("state clock", show);
  on("phone", (which) => {
    if (which === platform) show();
  });
  on("bubbles", (change) => {
    if (open && change.platform === platform) update();
  });
  on("tab", () => {
    if (open) update();
  });
  on("state clock", () => {
    time.textContent = clock(state.now);
  });
  on("state trouble", () => {
    trouble.textContent = (state.trouble[platform] ?? []).map((name) => TROUBLES[platform][name]).join(" · ");
  });
  return element;
}

/** A focused field would open the keyboard of a real phone, so not on a narrow page. */
function firstStop(screen) {
  const stops = state.narrow ? [".chat-row", ".scroller"] : [".chat-row", ".typed", ".scroller"];
  return stops.map((stop) => screen.querySelector(stop)).find(Boolean);
}

function seen(platform) {
  const { person, chat } = state.phones[platform];
  if (chat && isSeen(platform) && markRead(platform, person, chat)) emit("read");
}

function openedList(platform, person) {
  const place = h("div", { class: "list" });
  const head = h("header", { class: "bar bar-list" }, h("h3", {}, "消息"));
  return { elements: [head, place], update: () => redraw(place, [chatList(platform, person)]) };
}

function openedChat(platform, person, chat, element) {
  const place = { platform, viewer: person, chat, group: groupOf(chat) ?? null, phone: element };
  const run = thread(place);
  const typed = composer(place);
  const others = h("span", { class: "back-count" });
  const top = h("div", { class: "top-place" });
  let shownTop = null;

  function update() {
    others.replaceChildren(badge(unreadElsewhere(platform, person, chat)) || "");
    const card = topCard(platform, chat, person);
    if (card !== shownTop) top.replaceChildren(...(card ? [drawTop(reading(place, card))] : []));
    shownTop = card;
    run.update();
    typed.update();
  }

  const body = h(
    "div",
    { class: "chat", data: { openChat: chat } },
    bar(place, others),
    top,
    run.element,
    typed.element,
  );
  return { elements: [body], update };
}

const reading = (place, bubble) => {
  const ctx = { ...place, bubble };
  return { ...ctx, open: (address, ...children) => opened(ctx, address, "text-link", ...children) };
};

function unreadElsewhere(platform, person, chat) {
  const others = chatsOf(platform, person).filter((other) => other.id !== chat);
  return others.reduce((sum, other) => sum + unread(platform, person, other.id).length, 0);
}

function bar({ platform, viewer, chat, group }, others) {
  const back = h(
    "button",
    {
      type: "button",
      class: "back",
      data: { action: "back" },
      "aria-label": "回到消息列表",
      on: { click: () => openChat(platform, viewer, "") },
    },
    icon("back"),
    others,
  );
  const count =
    group && h("span", { class: "bar-count" }, `(${group.members.length + (group.robot ? 1 : 0)})`);
  const own = chatsOf(platform, viewer).find((each) => each.id === chat);
  const tag = own?.tag && h("span", { class: "robot-tag" }, own.tag);
  return h(
    "header",
    { class: "bar" },
    back,
    h("h3", {}, h("span", { class: "bar-title" }, group ? group.name : state.bot), count, tag),
    h("span", { class: "bar-end", "aria-hidden": "true" }, icon(group ? "users" : "more")),
  );
}

/** A page of the host program opens as in the client's own browser: whose phone it is, is known there. */
function openAsOwner(event, platform, person) {
  const address = event.target.closest("a[href]")?.href;
  const url = address ? new URL(address) : null;
  if (url?.origin !== location.origin || url.pathname.startsWith("/playground/")) return;
  event.preventDefault();
  const to = encodeURIComponent(url.pathname + url.search);
  const way = `/playground/open/${platform}/${encodeURIComponent(person)}?to=${to}`;
  window.open(way, "_blank", "noopener,noreferrer");
}

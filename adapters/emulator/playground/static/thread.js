// The run of messages in an open chat. A changed message is painted anew in its place; nothing else moves.

import { avatar, botAvatar } from "./avatar.js";
import { drawn, isBare, isSystem, systemText } from "./bubble.js";
import { h, icon } from "./dom.js";
import { forwardButton } from "./forward.js";
import { bubblesFor, nameOn, state } from "./state.js";
import { isPause, stamp } from "./time.js";

const NEAR = 80; // pixels from the end within which a reader wants to see what comes next

/** `place` is {platform, viewer, chat, group, phone}. */
export function thread(place) {
  const list = h("div", { class: "messages", role: "log", "aria-live": "polite", "aria-label": "消息" });
  const pill = h(
    "button",
    { type: "button", class: "newer", hidden: true, on: { click: () => toEnd("smooth") } },
    icon("down"),
    "新消息",
  );
  const scroller = h("div", { class: "scroller", tabindex: "0", "aria-label": "聊天记录" }, list);
  const element = h("div", { class: "thread" }, scroller, pill);
  const rows = new Map();
  let following = true; // the reader is at the end and wants to stay there
  const atEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
  const toEnd = (behavior = "auto") => scroller.scrollTo({ top: scroller.scrollHeight, behavior });

  function update() {
    const bubbles = bubblesFor(place.platform, place.chat, place.viewer);
    const last = rows.size;
    if (!continues(rows, bubbles)) {
      rows.clear();
      list.replaceChildren();
    }
    bubbles.forEach((bubble, index) => paint(bubble, bubbles[index - 1]));
    if (bubbles.length === 0) list.replaceChildren(nothing(place));
    if (bubbles.length <= last) return;
    if (following || bubbles.at(-1).sender === place.viewer) toEnd();
    else pill.hidden = false;
  }

  function paint(bubble, before) {
    const known = rows.get(bubble.n);
    if (known?.bubble === bubble) return;
    if (rows.size === 0) list.replaceChildren();
    const row = entry({ ...place, bubble }, before);
    if (known) swap(known.row, row);
    else list.append(row);
    rows.set(bubble.n, { bubble, row });
  }

  scroller.addEventListener(
    "scroll",
    () => {
      following = atEnd();
      if (following) pill.hidden = true;
    },
    { passive: true },
  );
  // Pictures get their height late, and what opens above or below takes room: whoever was at the end stays.
  const sizes = new ResizeObserver(() => {
    if (following) toEnd();
  });
  [scroller, list].forEach((part) => sizes.observe(part));
  return { element, update };
}

const continues = (rows, bubbles) => [...rows.keys()].every((n, index) => bubbles[index]?.n === n);

/** Whoever had the keyboard on the old card keeps it on the new one. */
function swap(old, row) {
  const held = old.contains(document.activeElement);
  old.replaceWith(row);
  if (held) row.querySelector(".said").focus({ preventScroll: true });
}

function entry(ctx, before) {
  const { bubble } = ctx;
  const paused = !before || isPause(before.time, bubble.time);
  return h(
    "div",
    { class: "entry" },
    paused && h("time", { class: "stamp", datetime: bubble.at.toISOString() }, stamp(bubble.at, state.now)),
    isSystem(bubble) ? system(bubble) : message(ctx),
  );
}

function system(bubble) {
  return h(
    "p",
    { class: "system", data: { bubble: bubble.id, kind: bubble.kind, from: "system" } },
    systemText(bubble),
  );
}

function message(ctx) {
  const { bubble, platform, viewer, group } = ctx;
  const from = bubble.sender === viewer ? "me" : bubble.sender === "robot" ? "robot" : "other";
  const name = from === "robot" ? state.bot : nameOn(platform, bubble.sender);
  const called = bubble.mentions.includes(viewer) || bubble.mentions.includes("@all");
  return h(
    "div",
    {
      class: `message from-${from === "me" ? "me" : "them"}`,
      data: { bubble: bubble.id, kind: bubble.kind, from },
    },
    from === "robot" ? botAvatar() : avatar(name),
    h(
      "div",
      { class: "said", tabindex: "-1" },
      group &&
        from !== "me" &&
        h("div", { class: "name" }, name, from === "robot" && h("span", { class: "robot-tag" }, "机器人")),
      called && bubble.kind === "card" && h("div", { class: "called" }, "有人@我"),
      h("div", { class: isBare(bubble) ? "bare" : "bubble" }, drawn(ctx)),
      forwardButton(ctx),
    ),
  );
}

function nothing({ platform, group }) {
  const words = group
    ? inGroup(platform)
    : ["直接说一句就行", `不用填表。像跟同事聊天一样告诉${state.bot}哪里坏了、需要什么。`];
  return h("div", { class: "nothing" }, botAvatar(), h("strong", {}, words[0]), h("p", {}, words[1]));
}

function inGroup(platform) {
  if (platform === "dingtalk") return [`在群里 @${state.bot}`, "说一句话就能提单，进展大家都看得到。"];
  return ["提醒会发到这个群", "待接单、快超时、已超时，群机器人会在这里说。"];
}

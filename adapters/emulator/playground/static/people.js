// The people above each phone, and the news on phones that nobody is looking at.

import { avatar, badge } from "./avatar.js";
import { h, icon, redraw } from "./dom.js";
import {
  chatsOf,
  emit,
  NAMES,
  on,
  openChat,
  peopleOn,
  PLATFORMS,
  SHORT,
  state,
  unread,
  unreadOf,
} from "./state.js";

const ROOMY = 5; // so many have room for face and name side by side

export function people(platform) {
  const element = h("div", {
    class: "people",
    role: "group",
    "aria-label": `谁拿着${NAMES[platform]}`,
    data: { people: platform },
  });
  const draw = () => {
    element.classList.toggle("people-many", peopleOn(platform).length > ROOMY);
    redraw(
      element,
      peopleOn(platform).map((person) => chip(platform, person)),
    );
  };
  on("state phone bubbles read", draw);
  return element;
}

function chip(platform, person) {
  const id = person[platform];
  const holds = state.phones[platform].person === id;
  const count = unreadOf(platform, id).length;
  return h(
    "button",
    {
      type: "button",
      class: "person",
      "aria-pressed": String(holds),
      title: [person.name, person.title].filter(Boolean).join(" · "),
      data: { person: id, unread: String(count) },
      on: { click: () => take(platform, id) },
    },
    h("span", { class: "person-face" }, avatar(person.name), !holds && badge(count)),
    h(
      "span",
      { class: "person-words" },
      h("strong", {}, person.name),
      person.title && h("small", {}, person.title),
    ),
  );
}

/** Straight to the news, if there is some. */
function take(platform, id) {
  openChat(platform, id, newsChat(platform, id) ?? id);
}

function newsChat(platform, id) {
  return chatsOf(platform, id).find((chat) => unread(platform, id, chat.id).length > 0)?.id;
}

// ── elsewhere ───────────────────────────────────────────────────────────────────────────────────────

const MOST = 3;

export function notices() {
  const element = h("div", { class: "notices", role: "status", "aria-live": "polite" });
  on("state phone bubbles read tab", () => redraw(element, rows()));
  return element;
}

function rows() {
  const all = PLATFORMS.flatMap((platform) =>
    peopleOn(platform)
      .filter((person) => person[platform] !== state.phones[platform].person)
      .map((person) => ({ platform, person, news: unreadOf(platform, person[platform]) }))
      .filter(({ news }) => news.length > 0),
  );
  all.sort((one, other) => latest(other) - latest(one));
  const more = all.length - MOST;
  return [
    ...all.slice(0, MOST).map(row),
    ...(more > 0 ? [h("p", { class: "notices-more" }, `还有 ${more} 部手机有新消息`)] : []),
  ];
}

const latest = ({ news }) => Math.max(...news.map((bubble) => bubble.time));

function row({ platform, person, news }) {
  const id = person[platform];
  return h(
    "button",
    {
      type: "button",
      class: "notice",
      data: { notice: `${platform}:${id}` },
      on: { click: () => go(platform, id) },
    },
    avatar(person.name),
    h("span", { class: "notice-words" }, h("strong", {}, person.name), ` 有 ${news.length} 条新消息`),
    h("span", { class: `pill pill-${platform}` }, SHORT[platform]),
    icon("right"),
  );
}

function go(platform, id) {
  take(platform, id);
  emit("look", platform);
}

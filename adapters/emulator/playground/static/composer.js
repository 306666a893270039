// Where people type. Enter sends, Shift+Enter breaks the line; in a group the robot is mentioned by itself.

import { say } from "./acting.js";
import { openAttach, openVoice } from "./attach.js";
import { h, icon } from "./dom.js";
import { memberPicker } from "./mentions.js";
import { bubblesFor, state } from "./state.js";

const SUGGESTIONS = ["3楼打印机卡纸", "我的", "帮助"];
const TALLEST = 96;
const drafts = new Map();

export function composer(place) {
  if (place.group && !canSpeak(place)) return deaf(place);
  const key = [place.platform, place.viewer, place.chat].join("/");
  const text = h("textarea", {
    rows: "1",
    class: "typed",
    placeholder: placeholder(place),
    "aria-label": "说点什么",
    enterkeyhint: "send",
    data: { testid: "composer-text" },
    value: drafts.get(key) ?? "",
  });
  const button = h(
    "button",
    { type: "submit", class: "send", data: { action: "send" }, "aria-label": "发送" },
    place.platform === "wecom" ? "发送" : icon("send"),
  );
  const picker = memberPicker(place, text);
  const form = h(
    "form",
    { class: "composer" },
    picker.element,
    suggestions(place),
    h("div", { class: "composer-row" }, fields(place, text, button)),
  );

  function settle() {
    drafts.set(key, text.value);
    button.disabled = text.value.trim() === "";
    grow();
  }

  /** As tall as its lines. Before it is on the page it has no lines to measure. */
  function grow() {
    text.style.height = "";
    if (text.isConnected && text.value) text.style.height = `${Math.min(text.scrollHeight, TALLEST)}px`;
  }

  function submit() {
    const words = text.value.trim();
    if (!words) return;
    const mentions = picker.taken(words);
    text.value = "";
    settle();
    say(place, words, mentions);
  }

  text.addEventListener("input", () => {
    settle();
    picker.look();
  });
  text.addEventListener("keydown", (event) => {
    // While an input method composes, Enter chooses a word.
    if (event.isComposing || picker.took(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      submit();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  const update = () => form.querySelector(".suggestions")?.toggleAttribute("hidden", hasSpoken(place));
  settle();
  return { element: form, update };
}

const canSpeak = ({ group }) => group.robot;

function placeholder({ platform, group }) {
  if (group) return "说点什么";
  return platform === "wecom" ? "发消息" : `发消息给 ${state.bot}`;
}

function fields(place, text, button) {
  const words = h(
    "button",
    {
      type: "button",
      class: "icon-button",
      data: { action: "voice" },
      "aria-label": "语音",
      on: { click: () => openVoice(place) },
    },
    icon("voice"),
  );
  const plus = h(
    "button",
    {
      type: "button",
      class: "icon-button",
      data: { action: "attach" },
      "aria-label": "图片、文件、语音",
      on: { click: () => openAttach(place, text) },
    },
    icon("plus"),
  );
  const chip =
    place.group && h("span", { class: "at-chip", title: "群里的话要 @ 机器人它才收得到" }, `@${state.bot}`);
  const field = h("div", { class: "field" }, chip, text);
  // In a group the robot hears no voices.
  return place.platform === "wecom" ? [!place.group && words, field, plus, button] : [plus, field, button];
}

/** A group that the robot only writes to. */
function deaf({ platform }) {
  const why = platform === "wecom" ? "群机器人只发消息，不收消息；请到单聊或有智能机器人的群里说" : "机器人不在这个群里";
  return { element: h("div", { class: "composer composer-deaf" }, why), update: () => {} };
}

function suggestions(place) {
  if (place.group) return null;
  const chips = SUGGESTIONS.map((words) =>
    h(
      "button",
      {
        type: "button",
        class: "suggestion",
        data: { suggestion: words },
        on: { click: () => say(place, words) },
      },
      words,
    ),
  );
  return h("div", { class: "suggestions", "aria-label": "可以这样开始", hidden: hasSpoken(place) }, chips);
}

const hasSpoken = ({ platform, viewer, chat }) =>
  bubblesFor(platform, chat, viewer).some((bubble) => bubble.sender === viewer);

// What can be chosen and pressed on a WeCom card. Choices stay on the phone until a button sends them.

import { h, icon, link } from "./dom.js";
import { press } from "./acting.js";
import { choicesOf } from "./choices.js";
import { openSheet } from "./sheet.js";

const STYLES = { 1: "filled", 2: "blue", 3: "red", 4: "grey" };

export function buttons(ctx, list) {
  return h(
    "div",
    { class: `wc-feet wc-in-${perRow(list)}` },
    list.map((button) => {
      const look = `wc-button wc-${STYLES[button.style ?? 1] ?? "filled"}`;
      if (button.type === 1) return link(button.url, { class: look }, button.text);
      return h(
        "button",
        {
          type: "button",
          class: look,
          data: { key: button.key },
          on: { click: (event) => pressed(ctx, event, button.key) },
        },
        h("span", {}, button.text),
      );
    }),
  );
}

/** Up to three in a row, two where four or long texts would look torn. */
function perRow(list) {
  const long = list.some((button) => button.text.length > 5);
  if (list.length <= 2) return list.length;
  return long || list.length === 4 ? 2 : 3;
}

export function submit(ctx, button) {
  return h(
    "div",
    { class: "wc-feet wc-in-1" },
    h(
      "button",
      {
        type: "button",
        class: "wc-button wc-filled",
        data: { key: button.key },
        on: { click: (event) => pressed(ctx, event, button.key) },
      },
      h("span", {}, button.text || "提交"),
    ),
  );
}

function pressed(ctx, event, key) {
  press(ctx, event.currentTarget, key, { answers: choicesOf(ctx) });
}

// ── drop-downs ──────────────────────────────────────────────────────────────────────────────────────

export function selection(ctx, question) {
  const shown = h("span", { class: "wc-chosen" }, chosenText(ctx, question));
  const choose = () => openOptions(ctx, question, () => shown.replaceChildren(chosenText(ctx, question)));
  return h(
    "button",
    {
      type: "button",
      class: "wc-select",
      disabled: question.disable,
      "aria-haspopup": "dialog",
      data: { question: question.question_key },
      on: { click: choose },
    },
    h("span", { class: "wc-select-title" }, question.title || "请选择"),
    shown,
    icon("right"),
  );
}

function chosenOf(ctx, question) {
  const ids = question.option_list.map((option) => option.id);
  return (
    choicesOf(ctx)[question.question_key]?.[0] ??
    (ids.includes(question.selected_id) ? question.selected_id : ids[0])
  );
}

function chosenText(ctx, question) {
  return question.option_list.find((option) => option.id === chosenOf(ctx, question)).text;
}

function openOptions(ctx, question, changed) {
  openSheet(ctx.phone, question.title || "请选择", (close) =>
    h(
      "div",
      { class: "sheet-rows", role: "listbox" },
      question.option_list.map((option) => {
        const chosen = option.id === chosenOf(ctx, question);
        const take = () => {
          choicesOf(ctx)[question.question_key] = [option.id];
          changed();
          close();
        };
        return h(
          "button",
          {
            type: "button",
            role: "option",
            class: "sheet-row",
            autofocus: chosen,
            "aria-selected": String(chosen),
            data: { option: option.id },
            on: { click: take },
          },
          option.text,
          chosen && icon("check"),
        );
      }),
    ),
  );
}

// ── votes ───────────────────────────────────────────────────────────────────────────────────────────

export function checkbox(ctx, question) {
  const many = question.mode === 1;
  const group = `${ctx.platform}-${ctx.bubble.id}-${question.question_key}`;
  return h(
    "div",
    { class: "wc-votes", role: many ? "group" : "radiogroup", data: { question: question.question_key } },
    question.option_list.map((option) => vote(ctx, question, option, many, group)),
  );
}

function vote(ctx, question, option, many, group) {
  const input = h("input", {
    type: many ? "checkbox" : "radio",
    name: group,
    disabled: question.disable,
    data: { option: option.id },
    on: { change: () => count(ctx, question, group) },
  });
  input.checked = votes(ctx, question).includes(option.id);
  return h(
    "label",
    { class: many ? "wc-vote wc-many" : "wc-vote" },
    input,
    h("span", { class: "wc-mark" }, icon("check")),
    h("span", {}, option.text),
  );
}

function votes(ctx, question) {
  const preset = question.option_list.filter((option) => option.is_checked).map((option) => option.id);
  return choicesOf(ctx)[question.question_key] ?? preset;
}

function count(ctx, question, group) {
  const inputs = [...ctx.phone.querySelectorAll(`input[name="${CSS.escape(group)}"]`)];
  choicesOf(ctx)[question.question_key] = inputs
    .filter((input) => input.checked)
    .map((input) => input.dataset.option);
}

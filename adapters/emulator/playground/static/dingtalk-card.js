// A DingTalk card from its variables (dingtalk.md §4.7, §4.8): the public markdown template and our own.

import { h, icon, link } from "./dom.js";
import { press } from "./acting.js";
import { form } from "./dingtalk-form.js";
import { parsed } from "./json.js";
import { markdown } from "./markdown.js";

const FIELDS = [
  ["priority", "优先级"],
  ["requester", "提单人"],
  ["assignee", "处理人"],
  ["createdAt", "提交时间"],
  ["dueAt", "到期"],
];
const TONES = {
  blue: "active",
  processing: "active",
  orange: "waiting",
  yellow: "waiting",
  green: "done",
  red: "late",
  gray: "muted",
  grey: "muted",
};

/** The variables that this viewer's client works with: private ones cover public ones of the same name. */
export function variables({ bubble, viewer }) {
  return { ...bubble.body.params, ...bubble.body.private?.[viewer] };
}

export function dingtalkCard(ctx) {
  const view = variables(ctx);
  return h(
    "div",
    { class: "dc", data: { card: ctx.bubble.body.templateId } },
    head(view),
    ...inside(ctx, view),
  );
}

function inside(ctx, view) {
  const text = view.markdown ?? view.body ?? view.msgContent ?? view.staticMsgContent;
  return [
    fields(view),
    text && h("div", { class: "dc-body" }, markdown(text, ctx)),
    notes(view),
    form(ctx, view),
    feet(ctx, view),
  ];
}

function head(view) {
  const title = view.title ?? view.msgTitle;
  if (!title && !view.statusText) return null;
  const words = h(
    "div",
    {},
    view.source && h("p", { class: "dc-source" }, view.source),
    h("h4", {}, title ?? ""),
  );
  return h("div", { class: "dc-head" }, words, tag(view));
}

function tag(view) {
  const text = view.statusText;
  return text && h("span", { class: `dc-tag dc-${TONES[view.statusColor] ?? "active"}` }, text);
}

/** Our template has a list of them; others have a variable each. */
function fields(view) {
  const listed = parsed(view.fields) ?? FIELDS.map(([key, name]) => ({ name, value: view[key] }));
  const shown = Array.isArray(listed) ? listed.filter((field) => field.value) : [];
  return (
    shown.length > 0 &&
    h(
      "dl",
      { class: "dc-fields" },
      shown.map((field) => [h("dt", {}, field.name), h("dd", {}, field.value)]),
    )
  );
}

/** What only the presser sees stands out; the small print is for everybody. */
function notes(view) {
  return [
    view.notice && h("p", { class: "dc-notice" }, view.notice),
    [view.tips, view.note].filter(Boolean).map((text) => h("p", { class: "dc-tips" }, text)),
  ];
}

// ── buttons ─────────────────────────────────────────────────────────────────────────────────────────

function feet(ctx, view) {
  const all = buttonsOf(view);
  if (all.length === 0) return null;
  const perRow = all.length <= 3 ? all.length : 2;
  return h(
    "div",
    { class: `dc-feet dc-in-${perRow}` },
    all.map((button) => drawn(ctx, button)),
  );
}

function drawn(ctx, button) {
  const look = `dc-button dc-${button.tone}`;
  if (button.url) return link(button.url, { class: look }, button.text);
  return h(
    "button",
    {
      type: "button",
      class: look,
      disabled: !button.enabled,
      data: { key: button.key },
      on: { click: (event) => press(ctx, event.currentTarget, button.key) },
    },
    h("span", {}, button.text),
  );
}

/** One shape for both kinds: `msgButtons` of the public templates and a variable of type buttonGroup. */
function buttonsOf(view) {
  const builtin = parsed(view.sys_full_json_obj)?.msgButtons ?? [];
  const group = parsed(view.buttons) ?? [];
  return [
    ...(Array.isArray(builtin) ? builtin : []).map(fromBuiltin),
    ...(Array.isArray(group) ? group : []).map(fromGroup),
  ];
}

function fromBuiltin(entry) {
  return {
    text: entry.text ?? "",
    tone: tone(entry.color),
    key: entry.id ?? "",
    url: entry.request ? null : entry.url,
    enabled: entry.request === true,
  };
}

function fromGroup(entry) {
  const { type, params } = entry.event ?? {};
  return {
    text: entry.text ?? "",
    tone: tone(entry.color),
    key: params?.actionId ?? "",
    url: type === "openLink" ? params?.url : null,
    enabled: entry.status !== "disabled",
  };
}

const tone = (colour) => ({ blue: "primary", red: "danger" })[colour] ?? "plain";

// ── on top of a chat ────────────────────────────────────────────────────────────────────────────────

const folded = new Set(); // ids of top cards that somebody closed; they come open

export function topCard(ctx) {
  const view = variables(ctx);
  const { id } = ctx.bubble;
  const bar = h(
    "details",
    {
      class: "dc-top",
      data: { topCard: id },
      open: !folded.has(id),
      on: { toggle: (event) => folded[event.target.open ? "delete" : "add"](id) },
    },
    h(
      "summary",
      {},
      icon("pin"),
      h("strong", {}, view.title ?? "置顶"),
      tag(view),
      icon("down", { class: "icon fold" }),
    ),
    h("div", { class: "dc-top-body" }, inside(ctx, view)),
  );
  return bar;
}

// The strip at the bottom: what crossed the wire during the last act, and on demand everything before.

import { h, icon } from "./dom.js";
import { pretty } from "./pretty.js";
import { on, SHORT, state } from "./state.js";
import { seconds } from "./time.js";

const acts = new Map(); // number of an act -> its label

export function wire(footer) {
  const label = h("span", { class: "wire-act" });
  const chips = h("div", { class: "wire-chips" });
  const toggle = h(
    "button",
    { type: "button", class: "wire-toggle", "aria-expanded": "false", data: { action: "wire" } },
    icon("up"),
    h("span", {}, "线上往来"),
  );
  const log = h("div", { class: "wire-log", hidden: true, tabindex: "0", "aria-label": "全部往来" });
  const set = (open) => {
    log.hidden = !open;
    toggle.setAttribute("aria-expanded", String(open));
    if (open) drawLog();
  };
  const show = (id) => {
    set(true);
    const entry = log.querySelector(`[data-wire="${id}"]`);
    if (!entry) return;
    entry.open = true;
    entry.querySelector("summary").focus();
  };

  function draw() {
    acts.set(state.act.act, state.act.label);
    const last = state.wire.filter((entry) => entry.act === state.act.act);
    label.textContent = state.act.label;
    chips.replaceChildren(
      ...(last.length > 0
        ? last.map((entry) => chip(entry, show))
        : [h("span", { class: "wire-none" }, "还没有报文")]),
    );
    chips.scrollLeft = chips.scrollWidth;
    if (!log.hidden) drawLog();
  }

  /** Newest act first; what somebody has opened stays open. */
  function drawLog() {
    const open = new Set([...log.querySelectorAll("details[open]")].map((entry) => entry.dataset.wire));
    const numbers = [...new Set(state.wire.map((entry) => entry.act))].sort((a, b) => b - a);
    log.replaceChildren(...numbers.map((act) => group(act, open)));
  }

  toggle.addEventListener("click", () => set(log.hidden));
  footer.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || log.hidden) return;
    set(false);
    toggle.focus();
  });
  on("state act wire", draw);
  footer.append(h("div", { class: "wire-strip" }, toggle, label, chips), log);
}

function group(act, open) {
  const entries = state.wire.filter((entry) => entry.act === act);
  return h(
    "section",
    { class: "wire-group" },
    h("h3", {}, acts.get(act) ?? "更早"),
    entries.map((entry) => details(entry, open.has(String(entry.id)))),
  );
}

function chip(entry, show) {
  return h(
    "button",
    {
      type: "button",
      class: look(entry),
      data: about(entry),
      title: entry.what,
      on: { click: () => show(entry.id) },
    },
    h("span", { class: "wire-dir" }, direction(entry)),
    short(entry.what),
    result(entry),
  );
}

function details(entry, open) {
  const body = pretty(entry.body);
  const answer = pretty(entry.answer);
  return h(
    "details",
    {
      class: look(entry),
      open,
      data: { wire: String(entry.id), ...about(entry) },
      on: { toggle: (event) => event.target.open && event.target.scrollIntoView({ block: "nearest" }) },
    },
    h(
      "summary",
      {},
      h("time", {}, seconds(new Date(entry.at))),
      h("span", { class: `wire-dir pill pill-${entry.platform}` }, direction(entry)),
      h("code", {}, entry.what),
      result(entry),
    ),
    body && h("pre", { "aria-label": "内容" }, body),
    answer && [h("p", { class: "wire-answer" }, "应答"), h("pre", { "aria-label": "应答" }, answer)],
  );
}

const about = (entry) => ({ platform: entry.platform, toBot: String(entry.toBot) });
const look = (entry) => `wire-entry wire-${entry.platform}${failed(entry) ? " wire-failed" : ""}`;
const direction = ({ toBot, platform }) =>
  toBot ? `${SHORT[platform]} → 派单` : `派单 → ${SHORT[platform]}`;

/** "POST /cgi-bin/message/send?access_token=…" → "message/send" */
function short(what) {
  const path = what.split("?")[0].split(" ").at(-1);
  const kind = what.startsWith("ACK")
    ? "ACK "
    : what.startsWith("CALLBACK") && !path.includes("/")
      ? "callback "
      : "";
  return kind + path.split("/").filter(Boolean).slice(-2).join("/");
}

function failed({ answer }) {
  if (typeof answer === "string") return true;
  if (!answer) return false;
  return (
    Boolean(answer.errcode) ||
    (answer.status !== undefined && answer.status !== 200) ||
    typeof answer.code === "string"
  );
}

function result(entry) {
  const { answer } = entry;
  if (!failed(entry)) return null;
  const word =
    typeof answer === "string"
      ? "断开"
      : answer.errcode || answer.code || (answer.status === 0 ? "无应答" : answer.status);
  return h("span", { class: "wire-result" }, String(word).split(".").at(-1));
}

// What slides up from below inside a phone, and the hint that a client shows for a moment.

import { h, icon } from "./dom.js";

/** `fill(close)` makes the content. Answers the function that closes it. */
export function openSheet(phone, title, fill) {
  const layer = phone.querySelector(".layer");
  const before = document.activeElement;
  const close = () => {
    layer.replaceChildren();
    if (before?.isConnected) before.focus();
  };
  const panel = h(
    "div",
    {
      class: "sheet",
      role: "dialog",
      "aria-modal": "true",
      "aria-label": title,
      on: { keydown: (event) => guard(event, panel, close) },
    },
    h(
      "div",
      { class: "sheet-head" },
      h("span", { class: "sheet-title" }, title),
      h(
        "button",
        { type: "button", class: "icon-button", "aria-label": "关闭", on: { click: close } },
        icon("close"),
      ),
    ),
    fill(close),
  );
  layer.replaceChildren(h("div", { class: "backdrop", on: { click: close } }), panel);
  (
    panel.querySelector("[autofocus]") ??
    panel.querySelectorAll("button")[1] ??
    panel.querySelector("button")
  ).focus();
  return close;
}

function guard(event, panel, close) {
  if (event.key === "Escape") {
    event.stopPropagation();
    close();
  }
  if (event.key !== "Tab") return;
  const stops = [...panel.querySelectorAll("button, input, textarea, select, a[href]")];
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (document.activeElement !== edge) return;
  event.preventDefault();
  (event.shiftKey ? stops.at(-1) : stops[0]).focus();
}

const HINT_MILLIS = 4000;

export function hint(phone, text) {
  const place = phone.querySelector(".hints");
  const shown = h("div", { class: "hint", data: { testid: "client-hint" } }, text);
  place.replaceChildren(shown);
  setTimeout(() => shown.remove(), HINT_MILLIS);
}

// A word from the page itself, at its top; what a client says is inside its phone (sheet.js).

import { h } from "./dom.js";

const MILLIS = 4500;

export function toast(text, ok) {
  const place =
    document.querySelector(".toasts") ??
    document.body.appendChild(h("div", { class: "toasts", role: "status", "aria-live": "polite" }));
  const shown = h("div", { class: ok ? "toast" : "toast toast-bad", data: { testid: "toast" } }, text);
  place.replaceChildren(shown);
  setTimeout(() => shown.remove(), MILLIS);
}

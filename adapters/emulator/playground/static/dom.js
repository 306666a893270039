// Building elements. Texts become text nodes and nothing is ever parsed as HTML: a message can say anything.

const SVG = "http://www.w3.org/2000/svg";

/** h("p", {class: "x", data: {key: "1"}, on: {click}}, "text", child) */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) set(element, name, value);
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "data") Object.assign(element.dataset, value);
  else if (name === "on")
    for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
  else if (name === "value") element.value = value;
  else element.setAttribute(name, value === true ? "" : value);
}

/** New children in the place of the old; who had the keyboard on one of them keeps it on its successor. */
export function redraw(element, children) {
  const held = element.contains(document.activeElement) ? document.activeElement : null;
  element.replaceChildren(...children);
  if (held)
    [...element.querySelectorAll(held.localName)]
      .find((each) => same(each, held))
      ?.focus({ preventScroll: true });
}

const same = (one, other) =>
  ["person", "notice", "chat", "wire"].every((name) => one.dataset[name] === other.dataset[name]);

export function icon(name, props = {}) {
  const svg = document.createElementNS(SVG, "svg");
  const all = { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", ...props };
  for (const [key, value] of Object.entries(all)) svg.setAttribute(key, value);
  for (const d of ICONS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/** An address that may be opened, or null. Cards come from a program under test. */
function safeUrl(address) {
  try {
    const url = new URL(address, location.href);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** A link into a new tab; without an address to open, its text alone. */
export function link(address, props, ...children) {
  const href = safeUrl(address);
  if (!href) return h("span", props, ...children);
  return h("a", { ...props, href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

/** A picture of our own server or inside the address; the page's policy lets no other in. */
export function picture(address, alt, props = {}) {
  const url = address?.startsWith("data:image/") ? address : safeUrl(address);
  const allowed = url && (url.startsWith("data:") || new URL(url).origin === location.origin);
  if (allowed) return h("img", { ...props, src: url, alt });
  return h("span", { class: "no-picture" }, icon("image"), h("span", {}, alt || "图片"));
}

const ICONS = {
  back: ["M15 5l-7 7 7 7"],
  more: ["M5.5 12h.01", "M12 12h.01", "M18.5 12h.01"],
  plus: ["M12 5v14", "M5 12h14"],
  send: ["M4 12l16-7-6.5 16-2.7-6.6z", "M20 5l-9.2 9.4"],
  right: ["M9 6l6 6-6 6"],
  up: ["M6 15l6-6 6 6"],
  down: ["M6 9l6 6 6-6"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  image: ["M4 5h16v14H4z", "M4 16l5-5 4 4 3-3 4 4", "M15.5 9h.01"],
  camera: ["M4 8h3l2-3h6l2 3h3v11H4z", "M12 17a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z"],
  file: ["M6 3h8l4 4v14H6z", "M14 3v4h4"],
  folder: ["M3 6h6l2 2h10v11H3z"],
  voice: ["M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3z", "M6 11a6 6 0 0 0 12 0", "M12 17v4"],
  wave: ["M7 10v4", "M11 7v10", "M15 9v6", "M19 11v2"],
  users: [
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z",
    "M2.5 20c.5-4 3-6 6.5-6s6 2 6.5 6",
    "M16 4.5a3.5 3.5 0 0 1 0 6.5",
    "M18 14.5c2 .8 3.2 2.7 3.5 5.5",
  ],
  tools: [
    "M4 7h10",
    "M18 7h2",
    "M4 17h2",
    "M10 17h10",
    "M16 9.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
    "M8 19.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
  ],
  again: ["M20 11a8 8 0 1 0-2.3 6.3", "M20 5v6h-6"],
  check: ["M5 12.5l4.5 4.5L19 7.5"],
  warn: ["M12 4l9 16H3z", "M12 10v4", "M12 17h.01"],
  timeout: ["M7 3h10", "M7 21h10", "M8 3c0 5 8 6 8 9s-8 4-8 9", "M16 3c0 5-8 6-8 9s8 4 8 9"],
  restart: ["M4 12a8 8 0 1 1 2.3 5.7", "M4 19v-6h6"],
  play: ["M8 5l11 7-11 7z"],
  pin: ["M9 4h6l-1 6 3 3H7l3-3z", "M12 13v7"],
  open: ["M14 4h6v6", "M20 4l-9 9", "M18 14v6H4V6h6"],
};

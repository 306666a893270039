// Plain text of a message: addresses can be opened, and people who were really called are blue.

import { h, link } from "./dom.js";
import { nameOn, peopleOn } from "./state.js";

const URL = String.raw`https?:\/\/[^\s<>"'，。；）】」]+`;

/** `ctx` knows the platform, the viewer and the bubble whose mentions count. */
export function plain(text, ctx) {
  const calls = callable(ctx);
  const pattern = new RegExp(
    [URL, ...calls.keys()].map((part) => (part === URL ? `(?<url>${URL})` : escaped(part))).join("|"),
    "g",
  );
  return split(text, pattern).map((piece) => {
    if (typeof piece === "string") return piece;
    if (piece.groups?.url) return link(piece[0], { class: "text-link" }, piece[0]);
    return mention(calls.get(piece[0]), ctx);
  });
}

export function mention(id, ctx) {
  const all = id === "@all";
  const me = all || id === ctx.viewer;
  return h(
    "span",
    { class: me ? "mention mention-me" : "mention" },
    all ? "@所有人" : `@${nameOn(ctx.platform, id)}`,
  );
}

/** Text -> id of everything that is a mention in this bubble. A name that was only typed stays text. */
function callable({ platform, bubble }) {
  const found = new Map();
  for (const person of peopleOn(platform)) {
    const id = person[platform];
    if (platform === "wecom") found.set(`<@${id}>`, id);
    if (!bubble?.mentions.includes(id)) continue;
    for (const word of [`@${person.name}`, `@${id}`]) found.set(word, id);
  }
  if (bubble?.mentions.includes("@all")) found.set("@所有人", "@all").set("@all", "@all");
  return new Map([...found].sort(([a], [b]) => b.length - a.length));
}

/** Like String.split, but keeps what was matched, as match objects. */
export function split(text, pattern) {
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) pieces.push(text.slice(end, match.index));
    pieces.push(match);
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push(text.slice(end));
  return pieces;
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\<>]/g, "\\$&");

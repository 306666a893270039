// Who is who at a glance: two characters on a colour that stays with the name.

import { h, icon } from "./dom.js";
import { state } from "./state.js";

const HUES = 7;

export function avatar(name, props = {}) {
  const letters = /^[\x00-\x7f]+$/.test(name) ? name.slice(0, 2) : name.slice(-2);
  return h(
    "span",
    { "aria-hidden": "true", ...props, class: `avatar hue-${hue(name)} ${props.class ?? ""}` },
    letters,
  );
}

export function botAvatar(props = {}) {
  return h(
    "span",
    { "aria-hidden": "true", ...props, class: `avatar avatar-bot ${props.class ?? ""}` },
    state.bot.slice(0, 1),
  );
}

export function groupAvatar(props = {}) {
  return h(
    "span",
    { "aria-hidden": "true", ...props, class: `avatar avatar-group ${props.class ?? ""}` },
    icon("users"),
  );
}

/** Those who are on the page at once look different; whoever else comes up gets a colour of the name. */
function hue(name) {
  const known = state.people.findIndex((person) => person.name === name);
  if (known >= 0) return known % HUES;
  let sum = 0;
  for (const character of name) sum = (sum * 31 + character.codePointAt(0)) % 9973;
  return sum % HUES;
}

export function badge(count, label) {
  return (
    count > 0 &&
    h(
      "span",
      { class: "badge", "aria-label": label ?? `${count} 条未读` },
      count > 99 ? "99+" : String(count),
    )
  );
}

// Mentioning members of a DingTalk group: "@" opens the list, and a name that was taken from it really calls.

import { avatar } from "./avatar.js";
import { h } from "./dom.js";
import { personOn } from "./state.js";

const AT = /@([^\s@]*)$/;

export function memberPicker(place, text) {
  const element = h("div", { class: "picker", role: "listbox", "aria-label": "提醒谁看", hidden: true });
  const people = place.group
    ? place.group.members
        .filter((id) => id !== place.viewer)
        .map((id) => personOn(place.platform, id))
        .filter(Boolean)
    : [];

  const typed = () => AT.exec(text.value.slice(0, text.selectionStart));

  function look() {
    const match = place.group && typed();
    const found = match ? people.filter((person) => person.name.startsWith(match[1])) : [];
    element.replaceChildren(...found.map((person, index) => option(person, index === 0)));
    element.hidden = found.length === 0;
  }

  function option(person, first) {
    return h(
      "button",
      {
        type: "button",
        class: "picker-row",
        role: "option",
        "aria-selected": String(first),
        data: { mention: person[place.platform] },
        on: { click: () => take(person) },
      },
      avatar(person.name),
      person.name,
      person.title && h("small", {}, person.title),
    );
  }

  function take(person) {
    const start = typed().index;
    const after = text.value.slice(text.selectionStart);
    text.value = `${text.value.slice(0, start)}@${person.name} ${after}`;
    text.focus();
    text.dispatchEvent(new Event("input"));
  }

  /** Enter and Tab take the first of the list, Escape closes it. Says whether the key was used up. */
  function took(event) {
    if (element.hidden || !["Enter", "Tab", "Escape"].includes(event.key)) return false;
    event.preventDefault();
    if (event.key === "Escape") element.hidden = true;
    else element.querySelector("button").click();
    return true;
  }

  const taken = (words) =>
    people.filter((person) => words.includes(`@${person.name}`)).map((person) => person[place.platform]);
  return { element, look, took, taken };
}

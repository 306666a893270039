// Three steps for somebody who has never seen this: each is ticked off when it has been done.

import { say } from "./acting.js";
import { h, icon } from "./dom.js";
import { emit, NAMES, on, state } from "./state.js";

const FIRST = "3楼打印机卡纸";
const done = new Set();
let opener = ""; // name of whoever pressed first: the third step wants somebody else

const STEPS = [
  ["said", `在${NAMES.wecom}里说一句「${FIRST}」`],
  ["pressed", "点「提交」，工单就有了"],
  ["answered", "换到有红点的同事，点「接单」"],
];
const AFTER = "三步都走通了。接着快进时间看超时升级，或者断网以后再说一句。";

export function guide() {
  const list = h("ol", { class: "steps" });
  const after = h("p", { class: "steps-after" }, AFTER);
  const try_ = h(
    "button",
    { type: "button", class: "step-try", data: { action: "try" }, on: { click: sayFirst } },
    "替我说",
  );
  const draw = () => {
    list.replaceChildren(...STEPS.map(([name, words], index) => step(name, words, index, try_)));
    list.hidden = done.size === STEPS.length;
    after.hidden = !list.hidden;
  };
  on("state guide", draw);
  return h("section", { class: "card card-guide" }, h("h2", {}, "三步看懂"), list, after);
}

/** The step that is due, in one line, for a narrow page. */
export function guideLine() {
  const element = h("p", { class: "guide-line" });
  on("state guide", () => {
    const index = STEPS.findIndex(([name]) => !done.has(name));
    element.hidden = index < 0;
    element.replaceChildren(
      ...(index < 0 ? [] : [h("span", { class: "step-number" }, String(index + 1)), STEPS[index][1]]),
    );
  });
  return element;
}

function step(name, words, index, try_) {
  const ready = done.has(name);
  const due = STEPS.findIndex(([each]) => !done.has(each)) === index;
  return h(
    "li",
    { class: `step ${ready ? "step-done" : due ? "step-due" : ""}`, data: { step: name } },
    h("span", { class: "step-number" }, ready ? icon("check") : String(index + 1)),
    h("span", {}, words, name === "said" && due && [" ", try_]),
  );
}

function sayFirst() {
  const { person } = state.phones.wecom;
  emit("look", "wecom");
  say(
    {
      platform: "wecom",
      viewer: person,
      chat: person,
      phone: document.querySelector('[data-phone="wecom"]'),
    },
    FIRST,
  );
}

function tick(name) {
  if (done.has(name)) return;
  done.add(name);
  emit("guide");
}

export function watchSteps() {
  let run = "";
  on("said", () => tick("said"));
  on("pressed", ({ platform, viewer }) => {
    const presser = `${platform}:${viewer}`;
    opener ||= presser;
    tick(presser === opener ? "pressed" : "answered");
  });
  on("state", () => {
    if (run && run !== state.run) {
      done.clear();
      opener = "";
      emit("guide");
    }
    run = state.run;
  });
}

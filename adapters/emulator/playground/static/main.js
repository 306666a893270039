// Puts the page together.

import { act, listen } from "./api.js";
import { h, icon, link } from "./dom.js";
import { guideLine, watchSteps } from "./guide.js";
import { notices, people } from "./people.js";
import { phone } from "./phone.js";
import { emit, NAMES, on, peopleOn, PLATFORMS, state, unreadOf } from "./state.js";
import { badge } from "./avatar.js";
import { clock } from "./time.js";
import { tools } from "./tools.js";
import { wire } from "./wire.js";

const NARROW = matchMedia("(max-width: 899px)");

function top() {
  const company = h("span", { class: "company" });
  const links = h("nav", { class: "links", "aria-label": "其他页面" });
  const reset = h(
    "button",
    {
      type: "button",
      class: "plain-button",
      data: { action: "reset" },
      hidden: true,
      on: { click: () => act("reset", {}) },
    },
    icon("restart"),
    h("span", {}, "重新开始"),
  );
  const open = h(
    "button",
    {
      type: "button",
      class: "plain-button tools-button",
      "aria-expanded": "false",
      "aria-controls": "rail",
      data: { action: "tools" },
    },
    h("span", { class: "top-clock" }),
    icon("tools"),
    h("span", {}, "工具"),
  );
  open.addEventListener("click", () => showTools(document.body.dataset.tools !== "open"));
  on("state clock", () => {
    open.querySelector(".top-clock").textContent = clock(state.now);
  });
  on("state", () => {
    company.textContent = state.company;
    reset.hidden = !state.offers.reset;
    links.replaceChildren(
      ...state.links.map((each) => link(each.url, { class: "top-link" }, each.title, icon("open"))),
    );
  });
  return [
    h(
      "span",
      { class: "brand" },
      h("span", { class: "logo", "aria-hidden": "true" }, "派"),
      h("strong", {}, "派单"),
      h("span", { class: "brand-what" }, "试玩台"),
      company,
    ),
    connection(),
    links,
    reset,
    open,
  ];
}

function connection() {
  const element = h(
    "span",
    { class: "connection", role: "status", hidden: true },
    icon("warn"),
    "与程序断开，正在重连",
  );
  on("connected", (connected) => {
    element.hidden = connected;
  });
  return element;
}

function showTools(open) {
  document.body.dataset.tools = open ? "open" : "";
  document.querySelector('[data-action="tools"]').setAttribute("aria-expanded", String(open));
}

function tabs() {
  const buttons = PLATFORMS.map((platform) => {
    const news = h("span", { class: "tab-news" });
    on("state bubbles read phone tab", () => news.replaceChildren(badge(newsOn(platform)) || ""));
    return h(
      "button",
      { type: "button", class: "tab", data: { tab: platform }, on: { click: () => look(platform) } },
      NAMES[platform],
      news,
    );
  });
  on("state tab", () =>
    buttons.forEach((button) =>
      button.setAttribute("aria-pressed", String(button.dataset.tab === state.tab)),
    ),
  );
  return h("div", { class: "tabs", role: "group", "aria-label": "哪部手机" }, buttons);
}

const newsOn = (platform) =>
  peopleOn(platform).reduce((sum, person) => sum + unreadOf(platform, person[platform]).length, 0);

function look(platform) {
  state.tab = platform;
  document.body.dataset.seen = platform;
  showTools(false);
  emit("tab");
}

function measure(news) {
  state.narrow = NARROW.matches;
  document.querySelector(state.narrow ? ".narrow-head" : ".card-news").append(news);
  emit("tab");
}

function start() {
  document.getElementById("top").append(...top());
  document.getElementById("rail").append(...tools());
  document
    .getElementById("phones")
    .append(
      h("div", { class: "narrow-head" }, tabs(), guideLine()),
      ...PLATFORMS.map((platform) =>
        h(
          "div",
          { class: `side side-${platform}`, data: { side: platform } },
          h(
            "div",
            { class: "side-head" },
            h("h2", { class: "side-name" }, NAMES[platform]),
            people(platform),
          ),
          phone(platform),
        ),
      ),
    );
  wire(document.getElementById("wire"));
  watchSteps();
  on("look", look);
  const news = notices();
  NARROW.addEventListener("change", () => measure(news));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") showTools(false);
  });
  measure(news);
  listen();
}

start();

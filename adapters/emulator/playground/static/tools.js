// The rail: the demo's clock, the first steps, news elsewhere, and what can go wrong. On a narrow page, a sheet.

import { act } from "./api.js";
import { h, icon } from "./dom.js";
import { guide } from "./guide.js";
import { on, PLATFORMS, SHORT, state } from "./state.js";
import { clock, day } from "./time.js";
import { toast } from "./toast.js";

export function tools() {
  return [time(), guide(), news(), quota(), trouble()];
}

/** main.js puts the notices here, or above the phone on a narrow page. */
function news() {
  return h("section", { class: "card card-news" }, h("h2", {}, "别人的手机"));
}

async function run(name, body = {}) {
  const answer = await act(name, body);
  if (answer.hint) toast(answer.hint, answer.ok);
}

// ── the clock ───────────────────────────────────────────────────────────────────────────────────────

function time() {
  const big = h("strong", { class: "clock", data: { testid: "clock" } });
  const small = h("span", { class: "clock-day" });
  const next = forward("advance-next", "下一件事", () => run("advance-to-next"));
  on("state clock", () => {
    big.textContent = clock(state.now);
    small.textContent = day(state.now);
  });
  on("state", () => {
    next.hidden = !state.offers.next;
  });
  return h(
    "section",
    { class: "card card-time", "aria-label": "演示时间" },
    h(
      "div",
      { class: "clock-row" },
      big,
      h("span", { class: "clock-words" }, h("span", {}, "演示时间"), small),
    ),
    h(
      "div",
      { class: "forwards" },
      h("span", {}, "快进"),
      forward("advance-5m", "5 分钟", () => run("advance", { seconds: 300 })),
      forward("advance-1h", "1 小时", () => run("advance", { seconds: 3600 })),
      next,
    ),
  );
}

function forward(action, words, go) {
  return h(
    "button",
    {
      type: "button",
      class: "forward",
      data: { action },
      "aria-label": action === "advance-next" ? "快进到下一件事" : `快进 ${words}`,
      on: { click: (event) => busy(event.currentTarget, go) },
    },
    words,
  );
}

async function busy(button, go) {
  button.setAttribute("aria-busy", "true");
  await go();
  button.removeAttribute("aria-busy");
}

// ── what DingTalk bills ─────────────────────────────────────────────────────────────────────────────

function quota() {
  const words = h("span", { class: "quota-words", data: { testid: "quota" } });
  const bar = h("meter", { class: "quota-bar", min: 0, "aria-label": "钉钉本月接口额度" });
  on("state quota", () => {
    const { used, allowed } = state.quota;
    const count = (n) => n.toLocaleString("zh-CN");
    words.textContent = allowed ? `${count(used)} / ${count(allowed)} 次` : `${count(used)} 次`;
    bar.hidden = !allowed;
    bar.max = allowed || 1;
    bar.high = bar.max * 0.7;
    bar.value = used;
  });
  return h(
    "section",
    { class: "card card-quota", title: "钉钉按调用次数计费：一张普通工单只花三次" },
    h("h2", {}, "钉钉本月额度", words),
    bar,
  );
}

// ── what can go wrong ───────────────────────────────────────────────────────────────────────────────

const SWITCHES = [
  ["offline", "断网", "企微的接口连不上；钉钉的长连接断开，重连也不通"],
  ["limited", "限流", "发消息被平台拒绝：调用太频繁"],
];

function trouble() {
  const head = [
    h("h2", {}, "添点乱"),
    ...PLATFORMS.map((platform) => h("span", { class: "trouble-head" }, SHORT[platform])),
  ];
  const rows = SWITCHES.flatMap(([name, words, why]) => [
    label(words, why),
    ...PLATFORMS.map((platform) => toggle(name, words, platform)),
  ]);
  const again = [
    label("重投", "平台没收到应答时会再投一次：同一条消息，只该生效一次"),
    ...PLATFORMS.map(redeliver),
  ];
  const expire = h(
    "button",
    {
      type: "button",
      class: "plain-button",
      data: { action: "expire" },
      "aria-label": "让卡片过期",
      on: { click: () => run("expire") },
    },
    icon("timeout"),
    "过期",
  );
  const old = [label("卡片过期", "企业微信卡片的更新凭证、钉钉的会话回复地址都作废"), expire];
  return h("section", { class: "card card-trouble" }, h("div", { class: "trouble" }, head, rows, again, old));
}

const label = (words, why) => h("span", { class: "trouble-label", title: why }, words);

function toggle(name, words, platform) {
  const button = h(
    "button",
    {
      type: "button",
      role: "switch",
      class: "switch",
      "aria-checked": "false",
      "aria-label": `${SHORT[platform]}${words}`,
      data: { trouble: name, platform },
    },
    h("span"),
  );
  button.addEventListener("click", () =>
    run("trouble", { platform, trouble: name, on: button.getAttribute("aria-checked") === "false" }),
  );
  on("state trouble", () =>
    button.setAttribute("aria-checked", String((state.trouble[platform] ?? []).includes(name))),
  );
  return button;
}

function redeliver(platform) {
  return h(
    "button",
    {
      type: "button",
      class: "round-button",
      "aria-label": `${SHORT[platform]}重投上一条`,
      data: { action: "redeliver", platform },
      on: { click: (event) => busy(event.currentTarget, () => run("redeliver", { platform })) },
    },
    icon("again"),
  );
}

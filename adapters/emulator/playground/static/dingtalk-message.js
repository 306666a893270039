// DingTalk's other messages. A robot's message comes as msgKey + msgParam, a webhook's as msgtype + content;
// both say the same things under different names (dingtalk.md §3.3, §3.6).

import { h, icon, link, picture } from "./dom.js";
import { say } from "./acting.js";
import { markdown } from "./markdown.js";

/** What the message says, whichever way it came. */
export function content({ body }) {
  return body.msgParam ?? body[body.msgtype] ?? {};
}

export function markdownMessage(ctx) {
  return markdown(content(ctx.bubble).text ?? ctx.bubble.text, ctx);
}

export function actionCard(ctx) {
  const said = content(ctx.bubble);
  const { buttons, beside } = actions(said);
  return h(
    "div",
    { class: "dc", data: { card: "actionCard" } },
    h("div", { class: "dc-body" }, markdown(said.text ?? "", ctx)),
    h(
      "div",
      { class: `dc-feet dc-in-${beside ? 2 : 1} dc-flat` },
      buttons.map(([text, url]) => opened(ctx, url, "dc-button dc-plain", text)),
    ),
  );
}

function actions(said) {
  if (said.singleTitle) return { buttons: [[said.singleTitle, said.singleURL]], beside: false };
  if (said.btns)
    return {
      buttons: said.btns.map((button) => [button.title, button.actionURL]),
      beside: said.btnOrientation === "1" && said.btns.length === 2,
    };
  const [word, url, beside] = said.buttonTitle1
    ? ["buttonTitle", "buttonUrl", true]
    : ["actionTitle", "actionURL", false];
  const numbers = [1, 2, 3, 4, 5].filter((n) => said[`${word}${n}`]);
  return { buttons: numbers.map((n) => [said[`${word}${n}`], said[`${url}${n}`]]), beside };
}

export function linkMessage(ctx) {
  const said = content(ctx.bubble);
  return link(
    said.messageUrl,
    { class: "link-card" },
    h("strong", {}, said.title),
    h(
      "span",
      { class: "link-card-row" },
      h("span", {}, said.text),
      said.picUrl ? picture(said.picUrl, "") : icon("open"),
    ),
  );
}

export function feedCard(ctx) {
  return h(
    "div",
    { class: "dc feed" },
    (content(ctx.bubble).links ?? []).map((entry) =>
      link(entry.messageURL, { class: "feed-row" }, h("span", {}, entry.title), picture(entry.picURL, "")),
    ),
  );
}

/** A tap on an address: `dtmd` says its content as the user (§3.6), `dingtalk://…link?url=` opens inside. */
export function opened(ctx, address, look, ...children) {
  const said = saidBy(address);
  if (said !== null) {
    return h(
      "button",
      { type: "button", class: look, data: { say: said }, on: { click: () => say(ctx, said) } },
      ...children,
    );
  }
  return link(inner(address), { class: look }, ...children);
}

function saidBy(address) {
  if (!address?.startsWith("dtmd://dingtalkclient/sendMessage")) return null;
  return new URLSearchParams(address.slice(address.indexOf("?") + 1)).get("content") ?? "";
}

function inner(address) {
  if (!address?.startsWith("dingtalk://dingtalkclient/page/link")) return address;
  return new URLSearchParams(address.slice(address.indexOf("?") + 1)).get("url") ?? address;
}

// One message in a chat: what its kind looks like, and what the list of chats says of it.

import { h, icon, link, picture } from "./dom.js";
import { dingtalkCard } from "./dingtalk-card.js";
import { actionCard, content, feedCard, linkMessage, markdownMessage, opened } from "./dingtalk-message.js";
import { markdown } from "./markdown.js";
import { state } from "./state.js";
import { plain } from "./text.js";
import { wecomCard } from "./wecom-card.js";
import { locationMessage, news, textcard } from "./wecom-message.js";

const DINGTALK = { card: dingtalkCard, markdown: markdownMessage, actionCard, link: linkMessage, feedCard };
const WECOM = {
  card: wecomCard,
  markdown: (ctx) => markdown(ctx.bubble.body.content ?? ctx.bubble.text, ctx),
  markdown_v2: (ctx) => markdown(ctx.bubble.body.content ?? ctx.bubble.text, ctx),
  textcard: (ctx) => textcard(ctx.bubble),
  news: (ctx) => news(ctx.bubble),
  location: (ctx) => locationMessage(ctx.bubble),
};
const BOTH = { image, voice, file, video, richText, record };
const BARE = new Set(["card", "image", "actionCard", "feedCard", "news", "textcard", "link", "location"]);

/** Cards and pictures stand on the wallpaper by themselves; the rest lies in a bubble. */
export const isBare = (bubble) => BARE.has(bubble.kind);
export const isSystem = (bubble) => bubble.kind === "system" || bubble.body.recalled === true;

export function systemText(bubble) {
  return bubble.body.recalled ? `${state.bot} 撤回了一条消息` : bubble.text;
}

export function drawn(ctx) {
  const kinds = ctx.platform === "wecom" ? WECOM : DINGTALK;
  const reading = {
    ...ctx,
    open:
      ctx.platform === "dingtalk"
        ? (address, ...children) => opened(ctx, address, "text-link", ...children)
        : null,
  };
  const draw = kinds[ctx.bubble.kind] ?? BOTH[ctx.bubble.kind] ?? text;
  return draw(reading);
}

function text(ctx) {
  return h("div", { class: "text" }, toTheBot(ctx), plain(ctx.bubble.text, ctx));
}

/** In a DingTalk group people speak to the robot by mentioning it; its name is not part of the text. */
function toTheBot({ platform, viewer, chat, bubble, group }) {
  const theirs = platform === "dingtalk" && group && bubble.sender !== "robot";
  return theirs ? [h("span", { class: "mention" }, `@${state.bot}`), " "] : null;
}

function record(ctx) {
  return h("div", { class: "text record" }, h("strong", {}, "聊天记录"), plain(ctx.bubble.text, ctx));
}

// ── pictures, voices, files ─────────────────────────────────────────────────────────────────────────

function address({ platform, bubble }) {
  if (bubble.sent) return `/playground/media/sent/${encodeURIComponent(bubble.id)}`;
  if (bubble.body.base64) return `data:image/png;base64,${bubble.body.base64}`;
  const id = bubble.body.MediaId ?? bubble.body.media_id ?? content(bubble).mediaId;
  if (id) return `/playground/media/${platform}/${encodeURIComponent(id)}`;
  const photo = content(bubble).photoURL;
  return photo?.startsWith("@") ? `/playground/media/${platform}/${encodeURIComponent(photo)}` : photo;
}

function image(ctx) {
  const url = address(ctx);
  return h("div", { class: "photo" }, url ? link(url, {}, picture(url, "图片")) : picture(null, "图片"));
}

function richText(ctx) {
  const words = ctx.bubble.sent?.words ?? ctx.bubble.text.replaceAll("[图片]", "");
  return h(
    "div",
    { class: "text" },
    toTheBot(ctx),
    words && plain(words, ctx),
    ctx.bubble.sent && image(ctx),
  );
}

function voice({ platform, bubble }) {
  const words = bubble.text || bubble.sent?.words || "";
  const seconds = Math.max(1, Math.ceil(words.length / 4));
  const heard = platform === "dingtalk" && words;
  return h(
    "div",
    { class: "voice" },
    h("span", { class: "voice-line" }, icon("wave"), `${seconds}″`),
    heard && h("span", { class: "voice-words" }, words),
  );
}

function file(ctx) {
  const said = content(ctx.bubble);
  const name = ctx.bubble.sent?.name ?? said.fileName ?? ctx.bubble.text;
  const size = ctx.bubble.sent ? `${Math.max(1, Math.round(ctx.bubble.sent.size / 1024))} KB` : "文件";
  return link(
    address(ctx),
    { class: "file" },
    h("span", { class: "file-words" }, h("span", {}, name), h("small", {}, size)),
    icon("file"),
  );
}

function video({ bubble }) {
  return h(
    "div",
    { class: "voice" },
    h("span", { class: "voice-line" }, icon("play"), bubble.text || "视频"),
  );
}

// ── in the list of chats ────────────────────────────────────────────────────────────────────────────

const TAGS = {
  card: "[卡片]",
  record: "[聊天记录]",
  image: "[图片]",
  voice: "[语音]",
  file: "[文件]",
  video: "[视频]",
  actionCard: "[卡片]",
  news: "[图文]",
  textcard: "[卡片]",
  feedCard: "[链接]",
  link: "[链接]",
};

export function snippet(bubble) {
  if (isSystem(bubble)) return systemText(bubble);
  const words = (content(bubble).title ?? bubble.text ?? "")
    .split("\n")[0]
    .replace(/[#*>`]|\[([^\]]*)\]\([^)]*\)/g, "$1")
    .trim();
  const tag = TAGS[bubble.kind];
  return tag ? [tag, ["image", "voice", "video"].includes(bubble.kind) ? "" : words].join(" ").trim() : words;
}

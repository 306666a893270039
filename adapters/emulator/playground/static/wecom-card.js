// A WeCom template card exactly as its JSON says (wecom.md §3). Plain text only, from top to bottom.

import { h, icon, link, picture } from "./dom.js";
import { press } from "./acting.js";
import { buttons, checkbox, selection, submit } from "./wecom-inputs.js";
import { openSheet } from "./sheet.js";
import { personOn } from "./state.js";

const COLOURS = ["grey", "black", "red", "green"];

export function wecomCard(ctx) {
  const card = ctx.bubble.body;
  const goes = card.card_action?.type === 1;
  return h(
    "div",
    { class: goes ? "wc wc-goes" : "wc", data: { card: card.card_type } },
    head(ctx, card),
    title(card),
    emphasis(card),
    image(card),
    quote(card),
    card.sub_title_text && h("p", { class: "wc-text" }, card.sub_title_text),
    imageText(card),
    vertical(card),
    horizontal(ctx, card),
    jumps(card),
    inputs(ctx, card),
    feet(ctx, card),
  );
}

function head(ctx, card) {
  const { source, action_menu: menu } = card;
  if (!source && !menu) return null;
  const mark = source?.icon_url
    ? picture(source.icon_url, "", { class: "wc-icon" })
    : h("span", { class: "wc-icon wc-icon-own" });
  return h(
    "div",
    { class: "wc-head" },
    source && [
      mark,
      h("span", { class: `wc-source wc-${COLOURS[source.desc_color ?? 0]}` }, source.desc ?? ""),
    ],
    menu &&
      h(
        "button",
        {
          type: "button",
          class: "icon-button wc-more",
          "aria-label": menu.desc || "更多",
          data: { action: "card-menu" },
          on: { click: (event) => openMenu(ctx, menu, event.currentTarget) },
        },
        icon("more"),
      ),
  );
}

function openMenu(ctx, menu, opener) {
  openSheet(ctx.phone, menu.desc || "更多操作", (close) =>
    h(
      "div",
      { class: "sheet-rows" },
      menu.action_list.map((entry) =>
        h(
          "button",
          {
            type: "button",
            class: "sheet-row",
            data: { key: entry.key },
            on: {
              click: (event) => {
                close();
                press(ctx, opener.isConnected ? opener : event.currentTarget, entry.key, {
                  label: entry.text,
                });
              },
            },
          },
          entry.text,
        ),
      ),
    ),
  );
}

function title(card) {
  const { title: text, desc } = card.main_title ?? {};
  if (!text && !desc) return whole(card, null);
  return h("div", { class: "wc-title" }, text && h("h4", {}, whole(card, text)), desc && h("p", {}, desc));
}

/** The link that covers the whole card lies in its title: a link around a card could hold no buttons. */
function whole(card, text) {
  const action = card.card_action;
  if (action?.type !== 1) return text;
  return link(action.url, { class: "wc-whole", "aria-label": text ? null : "打开" }, text ?? "");
}

function emphasis(card) {
  const { title: figure, desc } = card.emphasis_content ?? {};
  return (
    (figure || desc) &&
    h("div", { class: "wc-emphasis" }, figure && h("strong", {}, figure), desc && h("span", {}, desc))
  );
}

function image(card) {
  if (!card.card_image) return null;
  const shown = h("div", { class: "wc-image" }, picture(card.card_image.url, "图片"));
  shown.style.aspectRatio = String(card.card_image.aspect_ratio ?? 1.3);
  return shown;
}

function quote(card) {
  const area = card.quote_area;
  if (!area?.title && !area?.quote_text) return null;
  const inside = [
    area.title && h("strong", {}, area.title),
    area.quote_text && h("span", {}, area.quote_text),
  ];
  return area.type === 1
    ? link(area.url, { class: "wc-quote" }, inside)
    : h("div", { class: "wc-quote" }, inside);
}

function imageText(card) {
  const area = card.image_text_area;
  if (!area) return null;
  const inside = [
    picture(area.image_url, "图片"),
    h(
      "span",
      { class: "wc-it-words" },
      area.title && h("strong", {}, area.title),
      area.desc && h("span", {}, area.desc),
    ),
  ];
  return area.type === 1
    ? link(area.url, { class: "wc-image-text" }, inside)
    : h("div", { class: "wc-image-text" }, inside);
}

function vertical(card) {
  const lines = card.vertical_content_list ?? [];
  return (
    lines.length > 0 &&
    h(
      "dl",
      { class: "wc-vertical" },
      lines.map((line) => [h("dt", {}, line.title), line.desc && h("dd", {}, line.desc)]),
    )
  );
}

function horizontal(ctx, card) {
  const lines = card.horizontal_content_list ?? [];
  return (
    lines.length > 0 &&
    h(
      "dl",
      { class: "wc-lines" },
      lines.map((line) => [h("dt", {}, line.keyname), h("dd", {}, value(ctx, line))]),
    )
  );
}

function value(ctx, line) {
  if (line.type === 1) return link(line.url, {}, line.value || line.url);
  if (line.type === 2)
    return link(`/playground/media/wecom/${encodeURIComponent(line.media_id)}`, {}, line.value || "附件");
  if (line.type !== 3) return line.value ?? "";
  const person = personOn("wecom", line.userid);
  return h(
    "button",
    { type: "button", class: "wc-member", on: { click: () => openProfile(ctx, line, person) } },
    line.value || person?.name || line.userid,
  );
}

function openProfile(ctx, line, person) {
  const name = person?.name ?? line.value ?? line.userid;
  openSheet(ctx.phone, "成员资料", () =>
    h(
      "div",
      { class: "profile" },
      h("strong", {}, name),
      h("span", {}, [person?.title, `帐号 ${line.userid}`].filter(Boolean).join(" · ")),
    ),
  );
}

function jumps(card) {
  const rows = card.jump_list ?? [];
  return (
    rows.length > 0 &&
    h(
      "div",
      { class: "wc-jumps" },
      rows.map((row) => {
        const inside = [h("span", {}, row.title), icon("right")];
        return row.type === 1
          ? link(row.url, { class: "wc-jump" }, inside)
          : h("div", { class: "wc-jump" }, inside);
      }),
    )
  );
}

function inputs(ctx, card) {
  const selects = [card.button_selection, ...(card.select_list ?? [])].filter(Boolean);
  return [selects.map((select) => selection(ctx, select)), card.checkbox && checkbox(ctx, card.checkbox)];
}

/** A replacing text takes the place of everything that could be pressed. */
function feet(ctx, card) {
  if (card.replace_text)
    return h("div", { class: "wc-feet" }, h("div", { class: "wc-replaced" }, card.replace_text));
  if (card.button_list) return buttons(ctx, card.button_list);
  return card.submit_button && submit(ctx, card.submit_button);
}

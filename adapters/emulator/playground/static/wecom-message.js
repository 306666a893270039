// WeCom's other messages from an app or a group robot (wecom.md §2.3, §2.7).

import { h, link, picture } from "./dom.js";

export function textcard({ body }) {
  return link(
    body.url,
    { class: "link-card" },
    h("strong", {}, body.title),
    description(body.description),
    h("span", { class: "link-card-more" }, body.btntxt || "详情"),
  );
}

/** A textcard may carry `<div class="gray|normal|highlight">`: only that, and only as a colour. */
function description(text) {
  const lines = (text ?? "").split(/<div class="(gray|normal|highlight)">(.*?)<\/div>/s);
  return h(
    "span",
    { class: "link-card-text" },
    lines.map((part, index) => {
      if (index % 3 === 1) return null;
      const look = index % 3 === 2 ? `tc-${lines[index - 1]}` : "tc-normal";
      return part.trim() && h("span", { class: look }, part.replace(/<br\s*\/?>/g, "\n"));
    }),
  );
}

export function news({ body }) {
  return h(
    "div",
    { class: "news" },
    (body.articles ?? []).map((article, index) =>
      link(
        article.url,
        { class: index === 0 ? "news-first" : "news-row" },
        article.picurl && picture(article.picurl, ""),
        h(
          "span",
          { class: "news-words" },
          h("strong", {}, article.title),
          index === 0 && article.description && h("span", {}, article.description),
        ),
      ),
    ),
  );
}

export function locationMessage({ body }) {
  return h(
    "div",
    { class: "link-card" },
    h("strong", {}, body.Label || "位置"),
    h("span", {}, `${body.Location_X}, ${body.Location_Y}`),
  );
}

// The little markdown that both clients know, drawn as elements. What they do not know stays text.
// WeCom breaks lines where the text does; DingTalk wants two spaces or an empty line (dingtalk.md §3.6).

import { h, link, picture } from "./dom.js";
import { mention, plain, split } from "./text.js";

const BULLET = /^\s{0,3}[-*+]\s+/;
const NUMBER = /^\s{0,3}\d{1,3}[.)]\s+/;
const HEADING = /^(#{1,6})\s+(.*)$/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;
const QUOTE = /^\s{0,3}>\s?/;
const FENCE = /^\s*```/;

/** `ctx.open(address, ...children)` makes what a tap on a link does; without it a link opens a page. */
export function markdown(text, ctx) {
  return h("div", { class: "md" }, blocks(text.replace(/\r\n?/g, "\n").split("\n"), ctx));
}

function blocks(lines, ctx) {
  const found = [];
  let rest = lines;
  while (rest.length > 0) {
    const [node, used] = block(rest, ctx);
    if (node) found.push(node);
    rest = rest.slice(used);
  }
  return found;
}

function block(lines, ctx) {
  const [line] = lines;
  if (!line.trim()) return [null, 1];
  if (RULE.test(line)) return [h("hr"), 1];
  const heading = HEADING.exec(line);
  if (heading)
    return [
      h(
        `h${Math.min(heading[1].length + 2, 6)}`,
        { class: `md-h${heading[1].length}` },
        inline(heading[2], ctx),
      ),
      1,
    ];
  if (FENCE.test(line)) return fenced(lines);
  if (QUOTE.test(line)) return quote(lines, ctx);
  if (BULLET.test(line)) return list("ul", BULLET, lines, ctx);
  if (NUMBER.test(line)) return list("ol", NUMBER, lines, ctx);
  return paragraph(lines, ctx);
}

function fenced(lines) {
  const end = lines.findIndex((line, index) => index > 0 && FENCE.test(line));
  const inside = lines.slice(1, end < 0 ? lines.length : end);
  return [h("pre", {}, h("code", {}, inside.join("\n"))), inside.length + (end < 0 ? 1 : 2)];
}

function quote(lines, ctx) {
  const count = run(lines, (line) => QUOTE.test(line));
  const inside = lines.slice(0, count).map((line) => line.replace(QUOTE, ""));
  return [h("blockquote", {}, blocks(inside, ctx)), count];
}

function list(tag, marker, lines, ctx) {
  const count = run(lines, (line, index) => marker.test(line) || (index > 0 && /^\s{2,}\S/.test(line)));
  const items = [];
  for (const line of lines.slice(0, count)) {
    if (marker.test(line)) items.push([line.replace(marker, "")]);
    else items.at(-1).push(line.trim().replace(BULLET, "· "));
  }
  const start = tag === "ol" ? { start: parseInt(lines[0], 10) } : {};
  return [
    h(
      tag,
      start,
      items.map((item) => h("li", {}, joined(item, ctx))),
    ),
    count,
  ];
}

function paragraph(lines, ctx) {
  const count = run(lines, (line, index) => line.trim() !== "" && (index === 0 || !starts(line)));
  return [h("p", {}, joined(lines.slice(0, count), ctx)), count];
}

const starts = (line) => [HEADING, FENCE, QUOTE, BULLET, NUMBER, RULE].some((pattern) => pattern.test(line));

function run(lines, belongs) {
  const end = lines.findIndex((line, index) => !belongs(line, index));
  return end < 0 ? lines.length : end;
}

function joined(lines, ctx) {
  return lines.flatMap((line, index) => {
    const last = index === lines.length - 1;
    const breaks = ctx.platform === "wecom" || / {2,}$/.test(line);
    return [...inline(line.trim(), ctx), last ? "" : breaks ? h("br") : " "];
  });
}

// ── inside a line ───────────────────────────────────────────────────────────────────────────────────

const INLINE = new RegExp(
  [
    String.raw`\\(?<literal>[\\*_\x60\[\]()#>~!-])`,
    String.raw`\x60(?<code>[^\x60]+)\x60`,
    String.raw`!\[(?<alt>[^\]]*)\]\((?<image>[^)\s]+)\)`,
    String.raw`\[(?<label>[^\]]+)\]\((?<href>[^)\s]+)\)`,
    String.raw`\*\*(?<bold>.+?)\*\*`,
    String.raw`__(?<strong>.+?)__`,
    String.raw`~~(?<gone>.+?)~~`,
    String.raw`\*(?<italic>[^*\s][^*]*?)\*`,
    String.raw`<font\s+color=["']?(?<colour>[#\w]+)["']?[^>]*>(?<coloured>.*?)<\/font>`,
    String.raw`<a\s+atId=["']?(?<at>[^\s"'>]+)["']?\s*>[^<]*<\/a>`,
    String.raw`(?<br><br\s*\/?>)`,
  ].join("|"),
  "gi",
);

function inline(text, ctx) {
  return split(text, INLINE).flatMap((piece) =>
    typeof piece === "string" ? plain(piece, ctx) : [drawn(piece.groups, ctx)],
  );
}

function drawn(found, ctx) {
  if (found.literal) return found.literal;
  if (found.code) return h("code", {}, found.code);
  if (found.image) return picture(shownAt(found.image, ctx), found.alt || "图片", { class: "md-image" });
  if (found.href) return open(found.href, ctx, inline(found.label, ctx));
  if (found.bold || found.strong) return h("strong", {}, inline(found.bold ?? found.strong, ctx));
  if (found.gone) return h("del", {}, inline(found.gone, ctx));
  if (found.italic) return h("em", {}, inline(found.italic, ctx));
  if (found.colour) return coloured(found.colour, inline(found.coloured, ctx));
  if (found.at) return mention(found.at, ctx);
  return h("br");
}

/** An uploaded picture is named by its media id (dingtalk.md §6). */
function shownAt(image, ctx) {
  return image.startsWith("@") && ctx.platform ? `/playground/media/${ctx.platform}/${encodeURIComponent(image)}` : image;
}

function open(address, ctx, children) {
  return ctx.open ? ctx.open(address, ...children) : link(address, { class: "text-link" }, ...children);
}

function coloured(colour, children) {
  const named = ["info", "comment", "warning"].includes(colour);
  const font = h("span", { class: named ? `font-${colour}` : "font" }, children);
  if (!named) font.style.color = colour;
  return font;
}

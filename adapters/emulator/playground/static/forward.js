// Passing on what was said: one message, or the talk up to it as one record. The bot gets it in the private chat.

import { act } from "./api.js";
import { h } from "./dom.js";
import { hint, openSheet } from "./sheet.js";
import { bubblesFor, emit, state } from "./state.js";

const MOST = 5; // messages of one record

/** The button beside what a person said; null beside everything else. */
export function forwardButton(ctx) {
  if (ctx.bubble.kind !== "text" || ctx.bubble.sender === "robot") return null;
  return h(
    "button",
    {
      type: "button",
      class: "pass-on",
      "aria-label": "转发这条消息",
      data: { action: "forward" },
      on: { click: () => ask(ctx) },
    },
    "转发",
  );
}

function ask(ctx) {
  const talk = upTo(ctx);
  openSheet(ctx.phone, `转发给${state.bot}`, (close) => {
    const choice = (words, bubbles, name) =>
      h(
        "button",
        {
          type: "button",
          class: "sheet-row",
          data: { forward: name },
          on: {
            click: () => {
              close();
              pass(ctx, bubbles);
            },
          },
        },
        words,
      );
    return h(
      "div",
      { class: "sheet-rows" },
      choice("只转发这一条", [ctx.bubble], "one"),
      talk.length > 1 && choice(`合并转发到这里的 ${talk.length} 条`, talk, "record"),
    );
  });
}

function upTo({ platform, chat, viewer, bubble }) {
  const all = bubblesFor(platform, chat, viewer);
  const end = all.findIndex((other) => other.id === bubble.id);
  const said = all.slice(0, end + 1).filter((other) => other.kind === "text" && other.sender !== "robot");
  return said.slice(-MOST);
}

async function pass(ctx, bubbles) {
  emit("said", ctx.platform);
  const answer = await act("forward", {
    platform: ctx.platform,
    person: ctx.viewer,
    chat: ctx.chat,
    bubbles: bubbles.map((bubble) => bubble.id),
  });
  hint(ctx.phone, answer.ok ? `已转发给${state.bot}，到私聊里看` : answer.hint || "没有转发成功");
}

// What hands do on a phone: say, send, press. While the bot is silent the client waits, and then gives up.

import { act, upload } from "./api.js";
import { emit, state } from "./state.js";
import { hint } from "./sheet.js";

const place = ({ platform, viewer, chat }) => ({ platform, person: viewer, chat });

export async function say(ctx, text, mentions = []) {
  emit("said", ctx.platform);
  told(ctx, await act("say", { ...place(ctx), text, mentions }));
}

export async function send(ctx, kind, file, words = "") {
  const form = new FormData();
  const fields = { ...place(ctx), kind, words };
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  if (file) form.append("file", file, file.name);
  else form.append("name", kind);
  emit("said", ctx.platform);
  told(ctx, await upload(form));
}

/** `more` holds the chosen answers or the filled-in form. A card takes one press at a time. */
export async function press(ctx, button, key, more = {}) {
  const card = button.closest("[data-card], [data-top-card]") ?? button;
  if (card.dataset.pressing) return;
  const release = wait(card, button);
  let givenUp = false;
  const timer = setTimeout(() => {
    givenUp = true;
    release();
    hint(ctx.phone, "操作超时，请稍后重试");
  }, state.patience[ctx.platform] * 1000);
  const answer = await act("press", {
    ...place(ctx),
    bubble: ctx.bubble.id,
    key,
    label: button.textContent.trim(),
    ...more,
  });
  clearTimeout(timer);
  release();
  emit("pressed", ctx);
  if (!givenUp) told(ctx, answer);
}

function wait(card, button) {
  card.dataset.pressing = "true";
  button.setAttribute("aria-busy", "true");
  return () => {
    delete card.dataset.pressing;
    button.removeAttribute("aria-busy");
  };
}

function told(ctx, answer) {
  if (!answer.ok && answer.hint) hint(ctx.phone, answer.hint);
}

// Talking to the server: acts out, changes in. `body[data-idle]` is true when nothing is under way.

import { emit, putBubbles, state, takeState } from "./state.js";

let outstanding = 0;
let seen = -1; // number of the last change that was drawn
let wanted = 0; // number that the last answer asks us to have drawn

const WIRE_KEPT = 200;

export async function act(name, body) {
  return ask(`/playground/${name}`, JSON.stringify(body), { "Content-Type": "application/json" });
}

export async function upload(form) {
  return ask("/playground/send", form, {});
}

async function ask(address, body, headers) {
  outstanding += 1;
  idle();
  try {
    const response = await fetch(address, {
      method: "POST",
      body,
      headers: { ...headers, "X-Playground": "1" },
    });
    if (!response.ok) return { ok: false, hint: `试玩台出错了（${response.status}）` };
    const answer = await response.json();
    wanted = Math.max(wanted, answer.seq);
    return answer;
  } catch {
    return { ok: false, hint: "连不上试玩台，程序还在运行吗？" };
  } finally {
    outstanding -= 1;
    idle();
  }
}

function idle() {
  document.body.dataset.idle = String(outstanding === 0 && seen >= wanted);
}

export function listen() {
  const source = new EventSource("/playground/events");
  const hear = (kind, take) =>
    source.addEventListener(kind, (event) => {
      const data = JSON.parse(event.data);
      take(data);
      // A restarted server counts from the beginning.
      seen = kind === "state" ? data.seq : Math.max(seen, data.seq);
      if (kind === "state") wanted = Math.min(wanted, seen);
      idle();
    });
  hear("state", takeState);
  hear("bubbles", takeBubbles);
  hear("clock", takeClock);
  hear("trouble", (data) => {
    state.trouble = data.trouble;
    emit("trouble");
  });
  hear("act", (data) => {
    state.act = data;
    emit("act");
  });
  hear("quota", (data) => {
    state.quota = data.quota;
    emit("quota");
  });
  hear("wire", takeWire);
  source.addEventListener("open", () => emit("connected", true));
  source.addEventListener("error", () => emit("connected", false));
}

function takeBubbles({ platform, chat, bubbles }) {
  putBubbles(platform, chat, bubbles);
  emit("bubbles", { platform, chat });
}

function takeClock({ now }) {
  state.now = new Date(now);
  emit("clock");
}

function takeWire(entry) {
  state.wire = [...state.wire, entry].slice(-WIRE_KEPT);
  emit("wire", entry);
}

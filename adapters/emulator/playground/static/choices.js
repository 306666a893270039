// What somebody has chosen on a card but not sent yet. A repainted card starts anew with its own presets.

const chosen = new Map(); // "platform/chat/viewer/bubble" -> {body, answers}

export function choicesOf({ platform, chat, viewer, bubble }) {
  const key = [platform, chat, viewer, bubble.id].join("/");
  if (chosen.get(key)?.body !== bubble.body) chosen.set(key, { body: bubble.body, answers: {} });
  return chosen.get(key).answers;
}

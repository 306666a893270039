// What the page knows: people, groups, chats; who holds which phone; what has been read. No element here.

export const PLATFORMS = ["wecom", "dingtalk"];
export const NAMES = { wecom: "企业微信", dingtalk: "钉钉" };
export const SHORT = { wecom: "企微", dingtalk: "钉钉" };

export const state = {
  run: "",
  bot: "",
  company: "",
  now: new Date(),
  people: [],
  groups: [],
  aibot: false, // whether the WeCom client has a chat with an AI bot
  links: [],
  patience: {},
  trouble: {},
  offers: {},
  quota: { used: 0, allowed: 0 },
  wire: [],
  act: { act: 0, label: "" },
  chats: new Map(), // "platform/chat" -> bubbles in order
  phones: { wecom: { person: "", chat: "" }, dingtalk: { person: "", chat: "" } }, // chat "": the list is seen
  tab: "wecom",
  narrow: false,
};

const listeners = new Map();

export function on(topics, listener) {
  for (const topic of topics.split(" ")) {
    listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
  }
}

export function emit(topic, detail) {
  for (const listener of listeners.get(topic) ?? []) listener(detail);
}

// ── people and chats ────────────────────────────────────────────────────────────────────────────────

export const peopleOn = (platform) => state.people.filter((person) => person[platform]);
export const personOn = (platform, id) =>
  state.people.find(
    (person) => person[platform] && person[platform].toLowerCase() === String(id).toLowerCase(),
  );
export const nameOn = (platform, id) => personOn(platform, id)?.name ?? id;
export const groupOf = (chat) => state.groups.find((group) => group.id === chat);

/** The chats on somebody's phone: the bot's first, then groups, those with news before the others. */
export function chatsOf(platform, person) {
  const groups = state.groups.filter(
    (group) => group.platform === platform && group.members.includes(person),
  );
  const rows = groups.map((group) => ({ id: group.id, title: group.name, group }));
  rows.sort((a, b) => lastTime(platform, b.id, person) - lastTime(platform, a.id, person));
  const own = [{ id: person, title: state.bot, group: null, tag: platform === "wecom" ? "应用" : "机器人" }];
  if (platform === "wecom" && state.aibot)
    own.push({ id: `aibot:${person}`, title: state.bot, group: null, tag: "智能机器人" });
  return [...own, ...rows];
}

function lastTime(platform, chat, person) {
  return bubblesFor(platform, chat, person).at(-1)?.time ?? 0;
}

const keyOf = (platform, chat) => `${platform}/${chat}`;

/** What this viewer sees in the run of the chat: not the card on top, nor cards for others only. */
export function bubblesFor(platform, chat, viewer) {
  const all = state.chats.get(keyOf(platform, chat)) ?? [];
  return all.filter((bubble) => bubble.body.spaceType !== "ONE_BOX" && meant(bubble, viewer));
}

export function topCard(platform, chat, viewer) {
  const all = state.chats.get(keyOf(platform, chat)) ?? [];
  const tops = all.filter((bubble) => bubble.body.spaceType === "ONE_BOX" && !bubble.body.closed);
  return tops.filter((bubble) => meant(bubble, viewer)).at(-1) ?? null;
}

function meant(bubble, viewer) {
  const only = bubble.body.recipients ?? [];
  return only.length === 0 || only.includes(viewer);
}

export function putBubbles(platform, chat, changed) {
  const bubbles = state.chats.get(keyOf(platform, chat)) ?? [];
  for (const bubble of changed.map(parsed)) {
    const at = bubbles.findIndex((known) => known.n === bubble.n);
    if (at < 0) bubbles.push(bubble);
    else bubbles[at] = bubble;
  }
  state.chats.set(keyOf(platform, chat), bubbles);
}

function parsed(bubble) {
  return { ...bubble, at: new Date(bubble.at), time: Date.parse(bubble.at) };
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────

const read = new Map(); // "platform/chat/person" -> number of the last bubble seen

export function unread(platform, person, chat) {
  const last = read.get(`${keyOf(platform, chat)}/${person}`) ?? 0;
  return bubblesFor(platform, chat, person).filter((bubble) => bubble.n > last && bubble.sender !== person);
}

export function unreadOf(platform, person) {
  return chatsOf(platform, person).flatMap((chat) => unread(platform, person, chat.id));
}

export const calls = (bubble, person) => bubble.mentions.includes(person) || bubble.mentions.includes("@all");

/** Somebody looks at a chat. Says whether that changed anything. */
export function markRead(platform, person, chat) {
  if (unread(platform, person, chat).length === 0) return false;
  read.set(`${keyOf(platform, chat)}/${person}`, bubblesFor(platform, chat, person).at(-1).n);
  remember("read", Object.fromEntries(read));
  return true;
}

export const isSeen = (platform) => !state.narrow || state.tab === platform;

// ── what survives a reload ──────────────────────────────────────────────────────────────────────────

function remember(what, value) {
  sessionStorage.setItem(`playground.${what}`, JSON.stringify({ run: state.run, value }));
}

function recall(what) {
  const kept = JSON.parse(sessionStorage.getItem(`playground.${what}`) ?? "null");
  return kept?.run === state.run ? kept.value : null;
}

export function openChat(platform, person, chat) {
  state.phones[platform] = { person, chat };
  remember("phones", state.phones);
  emit("phone", platform);
}

/** Takes the server's whole state in; people and open chats stay where they are if they still exist. */
export function takeState(data) {
  const { chats, seq, now, ...rest } = data;
  const anew = data.run !== state.run;
  Object.assign(state, rest, { now: new Date(now), chats: new Map() });
  for (const [platform, found] of Object.entries(chats)) {
    for (const [chat, bubbles] of Object.entries(found)) putBubbles(platform, chat, bubbles);
  }
  if (anew) restore();
  PLATFORMS.forEach(settle);
  emit("state");
}

/** What a demo begins with is no news: on a first visit everything counts as read. */
function restore() {
  read.clear();
  for (const [key, n] of Object.entries(recall("read") ?? everything())) read.set(key, n);
  state.phones = recall("phones") ?? state.phones;
}

function everything() {
  const last = {};
  for (const platform of PLATFORMS) {
    for (const person of peopleOn(platform).map((each) => each[platform])) {
      for (const { id } of chatsOf(platform, person))
        last[`${keyOf(platform, id)}/${person}`] =
          (state.chats.get(keyOf(platform, id)) ?? []).at(-1)?.n ?? 0;
    }
  }
  return last;
}

/** A phone always belongs to somebody; two different people, so that the first story has two sides. */
function settle(platform) {
  const phone = state.phones[platform];
  const people = peopleOn(platform);
  if (!personOn(platform, phone.person)) {
    const first = people[platform === "wecom" ? 0 : 1] ?? people[0];
    phone.person = first?.[platform] ?? "";
    phone.chat = phone.person;
  }
  const known = chatsOf(platform, phone.person).some((chat) => chat.id === phone.chat);
  if (!known && phone.chat) phone.chat = phone.person;
}

// The demo's time is that of Shanghai, wherever the browser is.

const ZONE = { timeZone: "Asia/Shanghai" };
const CLOCK = new Intl.DateTimeFormat("zh-CN", {
  ...ZONE,
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
});
const SECONDS = new Intl.DateTimeFormat("zh-CN", {
  ...ZONE,
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});
const DAY = new Intl.DateTimeFormat("zh-CN", { ...ZONE, month: "long", day: "numeric" });
const WEEKDAY = new Intl.DateTimeFormat("zh-CN", { ...ZONE, weekday: "short" });
const KEY = new Intl.DateTimeFormat("sv-SE", { ...ZONE, dateStyle: "short" });

const MINUTE = 60_000;

export const clock = (at) => CLOCK.format(at);
export const seconds = (at) => SECONDS.format(at);
export const day = (at) => `${DAY.format(at)} ${WEEKDAY.format(at)}`;
export const sameDay = (a, b) => KEY.format(a) === KEY.format(b);

/** As both clients write it between messages: the time today, the weekday or date before. */
export function stamp(at, now) {
  if (sameDay(at, now)) return clock(at);
  const days = Math.round((Date.parse(KEY.format(now)) - Date.parse(KEY.format(at))) / (24 * 60 * MINUTE));
  if (days === 1) return `昨天 ${clock(at)}`;
  return days < 7 ? `${WEEKDAY.format(at)} ${clock(at)}` : `${DAY.format(at)} ${clock(at)}`;
}

/** A time is written when the pause before a message is longer than this. */
export const isPause = (before, at) => at - before > 5 * MINUTE;

// JSON inside JSON: DingTalk's variables are texts, whatever they hold.

export function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

// Bodies of the wire as a person likes to read them: JSON and XML, indented.

export function pretty(body) {
  if (body === null || body === undefined) return "";
  if (typeof body !== "string") return JSON.stringify(opened(body), null, 2);
  return body.startsWith("<") ? xml(body) : body;
}

/** JSON inside JSON texts, as both vendors love it, is shown opened. */
function opened(value) {
  if (Array.isArray(value)) return value.map(opened);
  if (value && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, opened(item)]));
  if (typeof value !== "string") return value;
  if (value.startsWith("<xml>")) return xml(value).split("\n");
  return /^\s*[[{]/.test(value) ? inner(value) : value;
}

function inner(text) {
  try {
    return opened(JSON.parse(text));
  } catch {
    return text;
  }
}

function xml(text) {
  const root = new DOMParser().parseFromString(text, "text/xml").documentElement;
  return root.querySelector("parsererror") || root.nodeName === "parsererror"
    ? text
    : lines(root, "").join("\n");
}

function lines(node, indent) {
  const { nodeName, children, textContent } = node;
  if (children.length === 0) return [`${indent}<${nodeName}>${textContent}</${nodeName}>`];
  return [
    `${indent}<${nodeName}>`,
    ...[...children].flatMap((child) => lines(child, `${indent}  `)),
    `${indent}</${nodeName}>`,
  ];
}

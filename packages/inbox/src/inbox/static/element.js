// Elements without innerHTML: whatever a message says stays text.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function timeOf(message) {
  const when = new Date(message.received_at);
  const today = when.toDateString() === new Date().toDateString();
  const text = when.toLocaleString([], today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
  return element("time", { datetime: message.received_at, title: when.toLocaleString() }, text);
}

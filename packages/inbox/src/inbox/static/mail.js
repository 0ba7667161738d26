// A mail as a reading pane shows it: on white paper, in a frame without scripts and without a way out.

import { element, timeOf } from "./element.js";

// No allow-scripts: "allow-same-origin" then only lets this page measure the frame's height.
const SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox";
const HEAD = `<!doctype html><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="color-scheme" content="light"><base target="_blank">
<style>body{margin:16px;font:14px/1.45 "Segoe UI",system-ui,sans-serif;color:#242424;background:#fff;overflow-wrap:anywhere}
img{max-width:100%;height:auto}</style>`;

export function drawMail(message) {
  const body = element("div", { class: "body" });
  const nodes = [head(message), body];
  if (message.html === null) {
    body.append(plain(message));
  } else {
    const views = [frame(message), plain(message)];
    body.append(...views);
    nodes[0].append(toggle(views));
  }
  return nodes;
}

function head(message) {
  const from = message.from || "unknown sender";
  return element(
    "header",
    { class: "mail-head" },
    element("h2", {}, message.subject || "(no subject)"),
    element("span", { class: "avatar person", "aria-hidden": "true" }, initial(from)),
    element(
      "div",
      { class: "people" },
      element("p", { class: "byline" }, element("strong", {}, from), timeOf(message)),
      element("p", { class: "to" }, `To: ${message.to}`),
      ...(message.attachments.length ? [element("p", { class: "to" }, `Attached: ${message.attachments.join(", ")}`)] : []),
    ),
  );
}

function initial(from) {
  const letter = from.match(/\p{L}|\p{N}/u);
  return letter ? letter[0].toUpperCase() : "?";
}

function plain(message) {
  return element("pre", { class: "text", tabindex: "0" }, message.text || "(no text)");
}

function frame(message) {
  const made = element("iframe", { sandbox: SANDBOX, title: `Mail: ${message.subject}`, srcdoc: HEAD + message.html });
  made.addEventListener("load", () => {
    const root = made.contentDocument.documentElement;
    const fit = () => {
      made.style.height = `${Math.ceil(root.getBoundingClientRect().height)}px`;
    };
    fit();
    new ResizeObserver(fit).observe(root);
  });
  return made;
}

function toggle(views) {
  const button = element("button", { type: "button", class: "toggle", "aria-pressed": "false" }, "Plain text");
  const show = (asText) => {
    views[0].hidden = asText;
    views[1].hidden = !asText;
    button.setAttribute("aria-pressed", String(asText));
  };
  button.addEventListener("click", () => show(views[1].hidden));
  show(false);
  return button;
}

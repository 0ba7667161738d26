// A message posted to the webhook: title, text, and what kind Apprise says it is.

import { element, timeOf } from "./element.js";

const TYPES = ["info", "success", "warning", "failure"];

export function drawWebhook(message) {
  const type = typeOf(message);
  return [
    element(
      "header",
      { class: "hook-head" },
      element("h2", {}, message.subject || "(no title)"),
      element(
        "p",
        { class: "byline" },
        ...(type ? [element("span", { class: `kind ${type}` }, type)] : []),
        element("strong", {}, "Webhook"),
        timeOf(message),
      ),
    ),
    element("pre", { class: "text", tabindex: "0" }, message.text || "(no text)"),
  ];
}

function typeOf(message) {
  const { type } = JSON.parse(message.raw);
  return TYPES.includes(type) ? type : null;
}

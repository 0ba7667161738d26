// The page: asks for the messages every two seconds and draws those that are new, newest first.
// What is already on the page stays as it is (scroll, opened details, a mail shown as text).

import { element } from "./element.js";
import { drawMail } from "./mail.js";
import { drawTeams } from "./teams.js";
import { drawWebhook } from "./webhook.js";

const INTERVAL = 2000;
const DRAW = { teams: drawTeams, email: drawMail, webhook: drawWebhook };
const KINDS = { teams: "Teams card", email: "Mail", webhook: "Webhook message" };

const list = document.getElementById("messages");
const status = document.getElementById("status");
const empty = document.getElementById("empty");
const drawn = new Map();

function draw(message) {
  const article = element("article", { class: `message ${message.channel}`, "aria-label": label(message) });
  article.dataset.id = message.id;
  article.dataset.channel = message.channel;
  article.append(...DRAW[message.channel](message), source(message));
  return article;
}

function label(message) {
  const kind = KINDS[message.channel];
  return message.refused ? `${kind}, refused` : `${kind}: ${message.subject || "no subject"}`;
}

function source(message) {
  const details = element("details", { class: "source" }, element("summary", {}, "Source"));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(element("pre", { tabindex: "0" }, pretty(message)));
  });
  return details;
}

function pretty(message) {
  if (message.channel === "email") return message.raw;
  try {
    return JSON.stringify(JSON.parse(message.raw), null, 2);
  } catch {
    return message.raw;
  }
}

function update(messages) {
  const present = new Set(messages.map((message) => message.id));
  for (const [id, article] of drawn) {
    if (!present.has(id)) {
      article.remove();
      drawn.delete(id);
    }
  }
  for (const message of messages) {
    if (drawn.has(message.id)) continue;
    const article = draw(message);
    drawn.set(message.id, article);
    list.prepend(article);
  }
  filter();
}

function filter() {
  const wanted = document.querySelector("input[name=channel]:checked").value;
  let shown = 0;
  for (const article of drawn.values()) {
    article.hidden = wanted !== "" && article.dataset.channel !== wanted;
    if (!article.hidden) shown += 1;
  }
  empty.hidden = shown > 0;
  say(shown === 1 ? "1 message" : `${shown} messages`);
  document.title = drawn.size ? `Inbox (${drawn.size})` : "Inbox";
}

function say(sentence) {
  if (status.textContent !== sentence) status.textContent = sentence;
}

async function poll() {
  try {
    const answer = await fetch("/api/messages");
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    update(await answer.json());
  } catch {
    say("The inbox does not answer. Trying again…");
  }
  setTimeout(poll, INTERVAL);
}

document.querySelector(".filter").addEventListener("change", filter);
document.getElementById("clear").addEventListener("click", async () => {
  if (!drawn.size || !window.confirm("Forget all messages?")) return;
  await fetch("/api/messages", { method: "DELETE" });
  update([]);
});
poll();

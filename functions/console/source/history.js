// A request's line of time: the steps that it goes through, and all that happened.
import { html } from "./v/vendor.js";
import { State } from "./states.js";
import { knows, moment, t } from "./words.js";

/** @typedef {import("./request.js").View} View */
/** @typedef {import("./request.js").Message} Message */

/** The steps, those done with who and when, the next one marked.
 * @param {{view: View, messages: Message[]}} props */
export function Steps({ view, messages }) {
  const acts = (/** @type {string[]} */ ...names) => view.history.find((one) => names.includes(one.act));
  const started = acts("created", "adopted", "replaced");
  const [asked, approved] = [acts("asked"), view.history.findLast((one) => one.act === "approved")];
  const ended = view.history.find((one) => one.certificate);
  const told = messages.filter((one) => one.outcome === "delivered").at(-1);
  const open = view.status === "inProgress";
  const over = !open && !ended && view.state !== "done";
  /** @type {{key: string, at?: string | null, who?: string | null}[]} */
  const steps = [
    { key: "asked", at: (asked ?? started)?.at ?? view.created, who: (asked ?? started)?.by ?? view.by },
    ...(approved ? [{ key: "approved", at: approved.at, who: approved.by }] : []),
    ...(view.issuer === "Unknown" ? [{ key: "csr", at: view.csr || !open ? view.created : null }] : [{ key: "issuer", at: view.created, who: view.issuer }]),
    { key: "told", at: told?.settled, who: told && (told.to.join(", ") || told.channel) },
    ...(view.issuer === "Unknown" ? [{ key: "chain", at: ended?.at, who: ended?.file?.name }] : []),
    { key: "merged", at: ended?.at ?? (view.state === "done" ? view.changed : null), who: ended?.by },
  ];
  // Nothing waits for a message: what comes next is somebody's work.
  const next = over ? -1 : steps.findIndex((one) => !one.at && one.key !== "told");
  return html`<section aria-labelledby="steps"><h2 id="steps">${t("steps.title")}</h2><ol class="steps">
    ${steps.map((one, i) => html`<li key=${one.key} class=${one.at ? "past" : i === next ? "next" : "future"} aria-current=${i === next ? "step" : undefined}>
      <b>${t(`steps.${one.key}`)}</b>
      ${one.at ? html`<time datetime=${one.at}>${moment(one.at)}</time>` : html`<span class="note">${t(over ? "steps.never" : i === next ? "steps.next" : one.key === "told" ? "steps.not-yet" : "steps.later")}</span>`}
      ${one.at && one.who && html`<span class="note"><bdi>${one.who}</bdi></span>`}
    </li>`)}
    ${over && html`<li class="ended"><${State} state=${view.state} /> ${view.changed && html`<time datetime=${view.changed}>${moment(view.changed)}</time>`}</li>`}
  </ol></section>`;
}

/** All that happened and all that was told, the newest first.
 * @param {{view: View, messages: Message[]}} props */
export function History({ view, messages }) {
  const acts = view.history.map((one) => ({ at: one.at, line: html`<b>${word(`act-done.${one.act}`, one.act)}</b> ${actor(one)} ${one.note && html`<span lang="en">${one.note}</span>`} ${file(one)}` }));
  const told = messages.map((one) => ({
    at: one.settled,
    line: html`<b>${word(`outcome.${one.outcome}`, one.outcome)}</b> ${t("history.message", { type: one.type.replace(/^Certflow\./, "").replaceAll(".", ": "), to: one.to.join(", ") || one.channel })} ${one.reason && html`<span lang="en">${one.reason}</span>`}`,
  }));
  const all = [...acts, ...told].sort((a, b) => (a.at < b.at ? 1 : -1));
  return html`<section aria-labelledby="history"><h2 id="history">${t("history.title")}</h2>
    <ol class="history">${all.map((one) => html`<li><time datetime=${one.at}>${moment(one.at)}</time><span>${one.line}</span></li>`)}</ol>
  </section>`;
}

/** @param {string} key
 * @param {string} code stands for itself where a newer API has one without words */
const word = (key, code) => (knows(key) ? t(key) : code);

/** @param {View["history"][number]} entry */
const actor = (entry) => entry.actor?.kind === "system" ? t("history.by-itself") : entry.by && t(entry.verified === false ? "history.by-unverified" : "history.by", { by: entry.by });

/** @param {View["history"][number]} entry */
const file = (entry) => entry.file && html`<span class="note"><bdi>${entry.file.name}</bdi> (SHA-256 ${entry.file.sha256.slice(0, 16)}…)</span>`;

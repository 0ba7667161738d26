// Page 7: what waits for a yes before its key is made, first what waits for this person's.
import { html, signal, useEffect, useSignal } from "./v/vendor.js";
import { mayAnywhere } from "./access.js";
import { address, place, refine } from "./address.js";
import { json } from "./api.js";
import { now } from "./board.js";
import { wordsOf } from "./dialog.js";
import { issuerName } from "./requests.js";
import { knows, lasting, moment, relative, t } from "./words.js";

/** @typedef {import("../../../local/console/types.d.ts").Schemas["Approval"]} Approval */

const EVERY = 60_000; // milliseconds
const MOST = "100"; // that are shown; the oldest come first
export const WAITING = "awaiting-approval";

/** What waits, as it was read last; null before. */
export const waiting = signal(/** @type {Approval[] | null} */ (null));

/** Whether a page about approvals is of use to the person. */
export const hasApprovals = () => mayAnywhere("approve") || mayAnywhere("request");

/** Whether the person can say yes to it.
 * @param {Approval} one */
export const isMine = (one) => one.may.includes("approve");

/** Reads what waits. Throws Problem. */
export async function readWaiting() {
  waiting.value = (await json("GET", "approvals", { query: { state: WAITING, limit: MOST } })).value;
}

/** Reads now, and then every minute while the page is visible. */
export function watchApprovals() {
  const read = () => {
    if (!document.hidden) readWaiting().catch(() => undefined); // the page itself says what is wrong
  };
  read();
  setInterval(read, EVERY);
}

/** The view. */
export function Approvals() {
  const decided = place.value.query.get("state") === "all";
  const state = useSignal(/** @type {{all: Approval[] | null, problem: string}} */ ({ all: null, problem: "" }));
  useEffect(() => {
    const read = decided ? json("GET", "approvals", { query: { limit: MOST } }).then((found) => found.value) : readWaiting().then(() => null);
    read.then((all) => (state.value = { all, problem: "" }), (problem) => (state.value = { all: null, problem: wordsOf(problem) }));
  }, [decided]);
  const shown = decided ? state.value.all : waiting.value;
  const [mine, others] = [shown?.filter(isMine) ?? [], shown?.filter((one) => !isMine(one)) ?? []];
  return html`<h1>${t("approvals.title")}</h1>
    <div class="chips" role="group" aria-label=${t("approvals.which")}>
      <button aria-pressed=${!decided} onClick=${() => refine({ state: "" })}>${t("approvals.waiting")} <b>${waiting.value?.length ?? ""}</b></button>
      <button aria-pressed=${decided} onClick=${() => refine({ state: "all" })}>${t("approvals.all")}</button>
    </div>
    ${state.value.problem && html`<p class="problem" role="alert" lang="en">${state.value.problem}</p>`}
    ${shown === null ? !state.value.problem && html`<p class="empty" role="status">${t("loading")}</p>` : html`
      <${Cards} title=${t("approvals.mine")} all=${mine} none=${decided ? "" : t("approvals.none-mine")} />
      <${Cards} title=${t(decided ? "approvals.decided" : "approvals.others")} all=${others} none="" />`}`;
}

/** @param {{title: string, all: Approval[], none: string}} props */
function Cards({ title, all, none }) {
  if (!all.length) return none && html`<p class="empty">${none}</p>`;
  return html`<h2>${title}</h2><ol class="cards">${all.map((one) => html`<${Card} key=${one.id} one=${one} />`)}</ol>`;
}

/** @param {{one: Approval}} props */
const Card = ({ one }) => html`<li class="card">
  <h3><a href=${address("approval", [one.id])}><bdi>${one.name}</bdi></a></h3>
  <p class="outcome"><${ApprovalState} state=${one.state} /></p>
  <dl>
    <dt>${t("column.vault")}</dt><dd>${one.vault}</dd>
    <dt>${t("column.by")}</dt><dd><bdi>${one.asked_by}</bdi></dd>
    <dt>${t("column.waiting")}</dt><dd><time datetime=${one.asked} title=${moment(one.asked)}>${one.state === WAITING ? lasting((now.value - Date.parse(one.asked)) / 1000) : relative(one.asked, now.value)}</time></dd>
    <dt>${t("column.names")}</dt><dd><bdi>${one.names.join(", ")}</bdi></dd>
    <dt>${t("column.issuer")}</dt><dd>${issuerName(one.policy.issuer)}</dd>
  </dl></li>`;

const MARKS = /** @type {Record<string, string>} */ ({
  [WAITING]: "○", approved: "◔", started: "✓", refused: "✕", expired: "–", withdrawn: "–", failed: "✕",
});
const TONES = /** @type {Record<string, string>} */ ({ [WAITING]: "your-turn", started: "done", refused: "failed", failed: "failed" });

/** The state of an approval, by a mark, a word and a tone.
 * @param {{state: string}} props */
export const ApprovalState = ({ state }) =>
  html`<span class=${`state ${TONES[state] ?? "cancelled"}`}><span aria-hidden="true">${MARKS[state] ?? "?"}</span> ${knows(`approval.${state}`) ? t(`approval.${state}`) : state}</span>`;

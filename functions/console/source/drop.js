// Page 3: what a CA sent, judged at once, and merged when somebody says so.
import { html } from "./v/vendor.js";
import { mayAnywhere } from "./access.js";
import { requestAddress } from "./address.js";
import { addFiles, addTogether, files, isClean, isMergeable, judge, merge, MOST, takeAllAway, takeAway } from "./files.js";
import { t } from "./words.js";
import { Tree } from "./tree.js";

/** @typedef {import("./files.js").Brought} Brought */

/** The view. */
export function Drop() {
  if (!mayAnywhere("return")) return html`<h1>${t("drop.title")}</h1><p class="empty">${t("drop.not-granted")}</p>`;
  const all = files.value;
  const clean = all.filter(isClean);
  const apart = all.filter((one) => one.step === "judged" && one.report?.outcome !== "would-quarantine" && !isMergeable(one) && !wasMerged(one));
  const busy = all.filter((one) => ["waiting", "inspecting", "merging"].includes(one.step)).length;
  return html`
    <h1>${t("drop.title")}</h1>
    <label class="zone"><span>${t("drop.here")}</span> <span class="button">${t("drop.choose")}</span>
      <span class="note">${t("drop.kinds", { most: MOST })}</span>
      <input type="file" class="hidden" multiple onChange=${(/** @type {any} */ event) => { addFiles(event.target.files); event.target.value = ""; }} /></label>
    ${all.length > 0 && html`<div class="tools">
      ${clean.length > 0 && html`<button class="main" onClick=${() => clean.forEach((one) => merge(one.id))}>${t("drop.merge-all", { count: clean.length })}</button>`}
      ${busy === 0 && apart.length > 1 && html`<button onClick=${() => addTogether(apart)} title=${t("drop.together-text")}>${t("drop.together", { count: apart.length })}</button>`}
      ${busy === 0 && html`<button onClick=${takeAllAway}>${t("drop.clear")}</button>`}
      <span role="status">${busy ? t("drop.busy", { count: busy, all: all.length }) : t("drop.judged", { count: all.length })}</span>
    </div>`}
    <ol class="cards files">${all.map((one) => html`<${FileCard} key=${one.id} one=${one} />`)}</ol>`;
}

/** @param {{one: Brought}} props */
function FileCard({ one }) {
  const { file, step, report, words } = one;
  const busy = ["waiting", "inspecting", "merging"].includes(step);
  return html`<li class=${`card ${tone(one)}`}>
    <h2><bdi>${file.name}</bdi></h2>
    <p class="outcome"><span class="state">${MARKS[tone(one)]} ${t(`file.${busy ? step : outcomeOf(one)}`)}</span></p>
    ${busy && html`<progress aria-label=${t(`file.${step}`)}></progress>`}
    ${words && html`<p class="problem" role="alert" lang="en">${words}</p>`}
    ${!busy && report && html`<${Judgement} report=${report} />`}
    <div class="buttons">
      ${isMergeable(one) && html`<button class="main" aria-label=${t("drop.merge-file", { file: file.name })} onClick=${() => merge(one.id)}>${t("drop.merge")}</button>`}
      ${(step === "failed" || step === "judged") && html`<button aria-label=${t("drop.again-file", { file: file.name })} onClick=${() => judge(one.id)}>${t("drop.again")}</button>`}
      ${!busy && html`<button class="plain" aria-label=${t("drop.away-file", { file: file.name })} onClick=${() => takeAway(one.id)}>${t("drop.away")}</button>`}
    </div>
  </li>`;
}

/** What became of a file, or would: a code with words.
 * @param {Brought} one */
function outcomeOf(one) {
  if (one.step === "failed") return one.report ? "merge-failed" : "failed";
  return isMergeable(one) && !isClean(one) ? "warned" : (one.report?.outcome ?? one.step);
}

/** @param {Brought} one */
const wasMerged = ({ step, report }) => step === "judged" && report?.outcome === "already-merged";

/** @param {Brought} one */
const tone = (one) =>
  one.step === "merged" || wasMerged(one) ? "done" : one.step === "failed" ? "failed" : isClean(one) ? "clean" : isMergeable(one) ? "stalled"
    : one.step === "judged" ? "failed" : "in-progress";

const MARKS = /** @type {Record<string, string>} */ ({ done: "✓", failed: "✕", clean: "●", stalled: "▲", "in-progress": "◔" });

/** @param {{report: NonNullable<Brought["report"]>}} props */
function Judgement({ report }) {
  const others = report.findings.filter((one) => one.sentence !== report.sentence);
  return html`
    <p class="sentence" lang="en">${report.sentence}</p>
    ${report.next_step && html`<p lang="en">${report.next_step}</p>`}
    ${report.leaves.map((leaf, i) => html`<div class="leaf" key=${i}>
      ${leaf.request
        ? html`<p>${t("drop.for")} <a href=${requestAddress(leaf.request)}><bdi>${leaf.request.name}</bdi></a> (${leaf.request.vault})</p>`
        : html`<p>${t("drop.for-none")} <bdi>${leaf.subject}</bdi></p>`}
      ${leaf.chain && html`<${Tree} chain=${leaf.chain} findings=${leaf.findings} />`}
    </div>`)}
    ${others.length > 0 && html`<ul class="findings">${others.map((one, i) => html`<li key=${i} class=${one.severity}>
      <b>${t(`severity.${one.severity}`)}</b> <span lang="en">${one.sentence} ${one.next_step}</span></li>`)}</ul>`}`;
}

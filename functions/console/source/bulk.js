// What is done with several requests at once.
import { html, signal } from "./v/vendor.js";
import { call, json, pathOf } from "./api.js";
import { isOpen, may, refreshAfter, waitsForSignature } from "./board.js";
import { ask, wordsOf } from "./dialog.js";
import { csvRow, save, saveAnswer } from "./saving.js";
import { t } from "./words.js";

/** @typedef {import("./board.js").Row} Row */

export const MOST_CSRS = 100; // whose ids fit into one address
const COLUMNS = /** @type {const} */ (["vault", "name", "request_id", "state", "created", "changed", "owner", "signer", "issuer", "error", "by"]);

/** @param {{shown: Row[], picked: Row[], clear: () => void}} props */
export function Bulk({ shown, picked, clear }) {
  const waiting = picked.filter(waitsForSignature);
  const noisy = picked.filter((row) => isOpen(row) && row.request_id && may(row, "acknowledge"));
  const rows = picked.length ? picked : shown;
  return html`<div class="bulk" role="group" aria-label=${t("bulk.title")}>
    <span>${picked.length ? t("bulk.picked", { count: picked.length }) : t("bulk.shown", { count: shown.length })}</span>
    ${picked.length > 0 && html`<button class="plain" onClick=${clear}>${t("bulk.clear")}</button>`}
    ${waiting.length > 0 && html`<button disabled=${waiting.length > MOST_CSRS} title=${waiting.length > MOST_CSRS ? t("bulk.too-many", { most: MOST_CSRS }) : ""}
      onClick=${() => saveCsrs(waiting)}>${t("bulk.csrs", { count: waiting.length })}</button>`}
    ${noisy.length > 0 && html`<button onClick=${() => acknowledge(noisy)}>${t("bulk.acknowledge", { count: noisy.length })}</button>`}
    ${rows.length > 0 && html`<button onClick=${() => saveRows(rows)}>${t("bulk.csv")}</button>`}
  </div>`;
}

/** Saves CSRs as one zip with a manifest.
 * @param {Row[]} rows */
function saveCsrs(rows) {
  ask({
    title: t("bulk.csrs", { count: rows.length }),
    text: t("bulk.csrs-text"),
    yes: t("bulk.save"),
    act: async () => saveAnswer(await call("GET", "csrs", { query: { request_id: rows.map((row) => row.request_id).join(",") } }), "csrs.zip"),
  });
}

/** @param {Row[]} rows */
function saveRows(rows) {
  const lines = [csvRow([...COLUMNS]), ...rows.map((row) => csvRow(COLUMNS.map((name) => `${row[name] ?? ""}`)))];
  save("certflow-requests.csv", new Blob([lines.join("\r\n"), "\r\n"], { type: "text/csv" }));
}

/** Asks until when and why, then acknowledges each; what fails stays in the question with its reason.
 * @param {{vault: string, name: string, request_id: string | null}[]} rows */
export function acknowledge(rows) {
  const until = signal("7d");
  const why = signal("");
  let left = [...rows];
  ask({
    title: t("acknowledge.title", { count: rows.length }),
    text: html`<p>${t("acknowledge.text")}</p>
      <label for="until">${t("acknowledge.until")}</label>
        <select id="until" onChange=${(/** @type {any} */ event) => (until.value = event.target.value)}>
          ${["1d", "3d", "7d", "14d", "30d"].map((one) => html`<option value=${one} selected=${one === "7d"}>${t("acknowledge.days", { count: parseInt(one, 10) })}</option>`)}
        </select>
      <label for="why">${t("acknowledge.why")}</label>
        <input id="why" required maxlength="200" onInput=${(/** @type {any} */ event) => (why.value = event.target.value)} />`,
    yes: t("acknowledge.yes"),
    act: async () => {
      /** @type {string[]} */
      const failed = [];
      /** @type {typeof rows} */
      const still = [];
      for (const row of left) {
        try {
          await json("POST", pathOf(row, "/pending/acknowledge"), {
            query: { request_id: row.request_id ?? "" }, json: { until: until.value, why: why.value },
          });
        } catch (error) {
          failed.push(`${row.name}: ${wordsOf(error)}`);
          still.push(row);
        }
      }
      left = still;
      refreshAfter();
      if (failed.length) throw new Error(failed.join("\n"));
      return t("acknowledge.done", { count: rows.length });
    },
  });
}

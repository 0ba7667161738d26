// The files that somebody has brought to the page. They stay until they are taken away, through views and ended sessions.
import { computed, signal } from "./v/vendor.js";
import { mayAnywhere } from "./access.js";
import { go, place } from "./address.js";
import { json } from "./api.js";
import { refreshAfter } from "./board.js";
import { said, wordsOf } from "./dialog.js";
import { inTurn } from "./turns.js";
import { t } from "./words.js";
import { zipOf } from "./zip.js";

/** @typedef {import("../../../local/console/types.d.ts").Schemas["Report"]} Report */
/** @typedef {"waiting" | "inspecting" | "judged" | "merging" | "merged" | "failed"} Step  `failed`: no report came; `words` say why */
/** @typedef {{id: number, file: File, step: Step, report: Report | null, words: string}} Brought */

export const MOST = 40;
const AT_ONCE = 3; // calls

/** @type {import("../../../local/console/types.d.ts").Signal<Brought[]>} */
export const files = signal(/** @type {Brought[]} */ ([]));
/** What a reload would lose. */
export const unsent = computed(() => files.value.filter((one) => one.step !== "merged").length);
let lastId = 0;
const inOrder = inTurn(AT_ONCE);

/** Takes files to the page, shows them, and has each judged.
 * @param {Iterable<File>} given */
export function addFiles(given) {
  if (!mayAnywhere("return")) {
    said.value = t("drop.not-granted");
    return;
  }
  const all = [...given];
  const room = Math.max(0, MOST - files.value.length);
  const taken = all.slice(0, room).map((file) => ({ id: ++lastId, file, step: /** @type {Step} */ ("waiting"), report: null, words: "" }));
  files.value = [...files.value, ...taken];
  if (all.length > room) said.value = t("drop.too-many", { count: all.length - room, most: MOST });
  if (place.value.page !== "drop") go("#/drop");
  for (const one of taken) judge(one.id);
}

/** Puts files into one, for a CA that has sent each certificate of a chain by itself.
 * @param {Brought[]} parts */
export async function addTogether(parts) {
  const zip = await zipOf(parts.map((one) => one.file));
  files.value = files.value.filter((one) => !parts.includes(one));
  addFiles([new File([zip], `${parts.map((one) => one.file.name.replace(/\.\w+$/, "")).join(" + ").slice(0, 100)}.zip`)]);
}

/** @param {number} id */
export const takeAway = (id) => (files.value = files.value.filter((one) => one.id !== id));
export const takeAllAway = () => (files.value = []);

/** Whether a file would be merged as it is: nothing about it is worse than a note.
 * @param {Brought} one */
export const isClean = ({ step, report }) =>
  step === "judged" && report?.outcome === "would-merge" && report.findings.every((finding) => finding.severity === "note");
/** Whether a file can be merged, perhaps with warnings.
 * @param {Brought} one */
export const isMergeable = ({ step, report }) => step === "judged" && report?.outcome === "would-merge";

/** @param {number} id */
export const judge = (id) => send(id, "inspecting", "judged", "chains/inspect");
/** @param {number} id */
export const merge = (id) => send(id, "merging", "merged", "chains");

/** Sends a file when it is its turn, and keeps what the API says of it.
 * @param {number} id
 * @param {Step} during
 * @param {Step} after
 * @param {string} path */
function send(id, during, after, path) {
  change(id, { step: "waiting", words: "", ...(after === "judged" && { report: null }) });
  inOrder(async () => {
    const one = files.value.find((each) => each.id === id);
    if (!one) return; // taken away meanwhile
    change(id, { step: during });
    try {
      const query = path === "chains" ? { file: nameOf(one.file) } : undefined;
      const report = await json("POST", path, { query, body: one.file, headers: { "Content-Type": "application/octet-stream" } });
      // What was clean when it was judged may have been merged by somebody else meanwhile: the report says so.
      change(id, { step: after === "merged" && !["merged", "already-merged"].includes(report.outcome) ? "judged" : after, report });
    } catch (error) {
      change(id, { step: "failed", words: wordsOf(error) });
    }
    if (after === "merged") refreshAfter();
  });
}

const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{VS}\u034f\u115f\u1160\u2800\u3164\uffa0]/gu;

/** A file's name for the history, which takes one line of characters that can be seen. No file is refused for its name.
 * @param {File} file */
const nameOf = ({ name }) => name.replace(UNSEEN, "").trim().slice(-200) || "file";

/** @param {number} id
 * @param {Partial<Brought>} changed */
const change = (id, changed) => (files.value = files.value.map((one) => (one.id === id ? { ...one, ...changed } : one)));

/** Files may be dropped on any page. */
export function acceptDrops() {
  const over = (/** @type {DragEvent} */ event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    document.body.classList.add("dragging");
  };
  addEventListener("dragover", over);
  addEventListener("dragleave", (event) => event.relatedTarget || document.body.classList.remove("dragging"));
  addEventListener("drop", (event) => {
    document.body.classList.remove("dragging");
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    addFiles(event.dataTransfer.files);
  });
}

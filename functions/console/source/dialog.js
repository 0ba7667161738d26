// A question before something is done that cannot be taken back, and a line that says what was done.
import { html, signal, useEffect, useRef, useSignal } from "./v/vendor.js";
import { Problem } from "./api.js";
import { t } from "./words.js";

/** @typedef {{title: string, text: unknown, yes: string, danger?: boolean, act: () => Promise<string | void>}} Question
 *  `act` does it, and returns what to say about it; what it throws is shown, and the question stays. */

/** @type {import("../../../local/console/types.d.ts").Signal<Question | null>} */
const asked = signal(/** @type {Question | null} */ (null));
/** What was done last, for eyes and for screen readers. It is there until it is closed, or until the next view. */
export const said = signal("");
let saidAt = 0;
said.subscribe(() => (saidAt = performance.now()));

/** Another view is shown: what was said before is old, unless it was said on the way here. */
export const forgetSaid = () => {
  if (performance.now() - saidAt > 1500) said.value = "";
};

/** @param {Question} question */
export const ask = (question) => (asked.value = question);

/** The words about an error: the API's own where it has some.
 * @param {unknown} error */
export const wordsOf = (error) =>
  error instanceof Problem ? (error.status ? error.message : t("offline")) : error instanceof Error ? error.message : `${error}`;

/** The dialog, once on the page. */
export function Dialog() {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const state = useSignal({ busy: false, problem: "" });
  const question = asked.value;
  useEffect(() => {
    state.value = { busy: false, problem: "" };
    if (question && !element.current?.open) element.current?.showModal();
    if (!question) element.current?.close();
    // What was pressed may be gone by what was done; the focus would be nowhere.
    if (!question) setTimeout(() => document.activeElement === document.body && document.querySelector("h1")?.focus());
  }, [question]);
  const act = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!question || state.value.busy) return;
    state.value = { busy: true, problem: "" };
    try {
      said.value = (await question.act()) ?? "";
      if (asked.value === question) asked.value = null;
    } catch (error) {
      if (asked.value === question) state.value = { busy: false, problem: wordsOf(error) };
      else said.value = `${question.title} ${wordsOf(error)}`; // it was closed meanwhile, and may have given way to another
    }
  };
  return html`<dialog ref=${element} aria-labelledby="question" onClose=${() => (asked.value = null)}>
    ${question && html`<form onSubmit=${act}>
      <h2 id="question">${question.title}</h2>
      <div>${question.text}</div>
      ${state.value.problem && html`<p class="problem" role="alert" lang="en">${state.value.problem}</p>`}
      <div class="buttons">
        <button type="button" onClick=${() => (asked.value = null)}>${t("dialog.no")}</button>
        <button class=${question.danger ? "danger" : "main"} disabled=${state.value.busy}>${question.yes}</button>
      </div>
    </form>`}
  </dialog>`;
}

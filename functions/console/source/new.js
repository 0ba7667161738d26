// Page 4: asks for a certificate. The API judges while somebody types, and nothing starts before the button.
import { html, signal, useEffect, useSignal } from "./v/vendor.js";
import { me, mayAnywhere } from "./access.js";
import { address, go, place, requestAddress } from "./address.js";
import { json, pathOf, Problem } from "./api.js";
import { readWaiting, WAITING } from "./approvals.js";
import { bodyOf, curlOf, EMPTY, fieldOf, KEYS } from "./asked.js";
import { refreshAfter } from "./board.js";
import { Copy } from "./copy.js";
import { said, wordsOf } from "./dialog.js";
import { Judged } from "./judged.js";
import { issuerName } from "./requests.js";
import { API } from "./session.js";
import { t } from "./words.js";

/** @typedef {import("./asked.js").Form} Form */
/** @typedef {import("../../../local/console/types.d.ts").Schemas["Vaults"]["value"]} Vaults */
/** @typedef {import("../../../local/console/types.d.ts").Schemas["DryRun"]} DryRun */

const PAUSE = 400; // milliseconds after the last letter
/** What somebody has begun to write stays while other pages are looked at. */
export const form = signal(EMPTY);
export const begun = () => JSON.stringify({ ...form.value, owner: "", vault: "" }) !== JSON.stringify({ ...EMPTY, owner: "", vault: "" });
let key = ""; // Idempotency-Key: the same until the form changes, so that a repeated click starts nothing twice
let keyOf = "";

/** The view. */
export function New() {
  const vaults = useSignal(/** @type {Vaults} */ ([]));
  const judged = useSignal(/** @type {{run: DryRun | null, problem: Problem | null, busy: boolean}} */ ({ run: null, problem: null, busy: false }));
  const sent = useSignal({ busy: false, problem: /** @type {Problem | null} */ (null) });
  useEffect(() => {
    begin(place.value.query);
    json("GET", "vaults").then((read) => {
      vaults.value = read.value.filter((/** @type {Vaults[number]} */ one) => !one.observed);
      if (!form.value.vault && vaults.value.length === 1) set({ vault: vaults.value[0]?.vault ?? "" });
    }, (problem) => (sent.value = { busy: false, problem }));
  }, []);
  const written = JSON.stringify(form.value);
  useEffect(() => {
    sent.value = { ...sent.value, problem: null };
    judged.value = form.value.vault && form.value.name ? judged.value : { run: null, problem: null, busy: false };
    if (!form.value.vault || !form.value.name) return;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      judged.value = { ...judged.value, busy: true };
      try {
        const run = await json("POST", pathOf(form.value, "/create"), { query: { dry_run: "true" }, json: bodyOf(form.value), signal: stop.signal });
        judged.value = { run, problem: null, busy: false };
      } catch (problem) {
        if (problem instanceof Problem) judged.value = { run: null, problem, busy: false };
      }
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [written]);

  if (!mayAnywhere("request")) return html`<h1>${t("new.title")}</h1><p class="empty">${t("new.not-granted")}</p>`;
  const { run, problem } = judged.value;
  const field = problem ? fieldOf(problem.message) : "";
  const start = async (/** @type {Event} */ event) => {
    event.preventDefault();
    sent.value = { busy: true, problem: null };
    try {
      await create();
    } catch (error) {
      sent.value = { busy: false, problem: error instanceof Problem ? error : new Problem(0, undefined, wordsOf(error)) };
    }
  };
  return html`<h1>${t("new.title")}</h1>
    <form class="form" onSubmit=${start}>
      <div><${Fields} vaults=${vaults.value} wrong=${field} words=${field && problem ? problem.message : ""} /></div>
      <div class="beside"><${Judged} of=${form.value} run=${run} problem=${problem} wrong=${Boolean(field)} busy=${judged.value.busy} />
      ${sent.value.problem && html`<${Refused} problem=${sent.value.problem} />`}
      <div class="buttons">
        <button class="main" disabled=${sent.value.busy || !form.value.vault || !form.value.name}>${t(form.value.replace ? "new.replace" : "new.start")}</button>
        <button type="button" class="plain" onClick=${() => (form.value = { ...EMPTY, owner: me() })}>${t("new.clear")}</button>
      </div>
      <${Preview} /></div>
    </form>`;
}

/** @param {Partial<Form>} changed */
const set = (changed) => (form.value = { ...form.value, ...changed });

/** Fills in what an address says: the next version of a name, or the place of a pending request.
 * @param {URLSearchParams} query */
function begin(query) {
  if (query.get("name")) {
    form.value = { ...EMPTY, owner: "", vault: query.get("vault") ?? "", name: query.get("name") ?? "", stored: true, replace: query.get("replace") ?? "" };
  } else if (!begun() && !form.value.owner) set({ owner: me().includes("@") ? me() : "" });
}

async function create() {
  const of = form.value;
  const body = bodyOf(of);
  const written = JSON.stringify([of.vault, of.name, body]);
  if (written !== keyOf) [key, keyOf] = [crypto.randomUUID(), written];
  // An old link, or a form that was open for long, takes the place of no newer request. Throws Problem.
  if (of.replace) await json("GET", pathOf(of, "/pending"), { query: { request_id: of.replace } });
  const started = await json("POST", pathOf(of, "/create"), { json: body, headers: { "Idempotency-Key": key } });
  keyOf = ""; // the same once more is another request
  form.value = { ...EMPTY, owner: of.owner };
  if (started.state === WAITING) {
    said.value = t("new.waits", { name: of.name });
    await readWaiting().catch(() => undefined);
    return go(address("approval", [started.id]));
  }
  said.value = started.note ?? t("new.started", { name: of.name });
  await refreshAfter();
  go(requestAddress({ ...of, request_id: started.request_id }));
}

/** @param {{vaults: Vaults, wrong: string, words: string}} props */
function Fields({ vaults, wrong, words }) {
  const of = form.value;
  const issuers = vaults.find((one) => one.vault === of.vault)?.issuers ?? [];
  /** @param {keyof Form} name
   * @param {(attributes: Record<string, unknown>) => unknown} input */
  const field = (name, input) => html`<div class="field"><label for=${`new-${name}`}>${t(`new.${name}`)}</label>
    ${input({
      id: `new-${name}`, "aria-invalid": wrong === name ? "true" : undefined, "aria-describedby": wrong === name ? "wrong" : undefined,
      onInput: (/** @type {any} */ event) => set({ [name]: event.target.value }),
    })}
    ${wrong === name && html`<span id="wrong" class="problem" role="alert" lang="en">${words}</span>`}</div>`;
  const options = (/** @type {string[]} */ values, /** @type {string} */ chosen, label = (/** @type {string} */ one) => one) =>
    values.map((one) => html`<option key=${one} value=${one} selected=${one === chosen}>${label(one)}</option>`);
  return html`
    ${field("vault", (more) => html`<select required ...${more}><option value="">${t("new.choose")}</option>${options(vaults.map((one) => one.vault), of.vault)}</select>`)}
    ${field("name", (more) => html`<input required autocomplete="off" spellcheck=${false} value=${of.name} ...${more} />`)}
    <label class="check"><input type="checkbox" checked=${of.stored} onChange=${(/** @type {any} */ event) => set({ stored: event.target.checked })} /> ${t("new.stored")}</label>
    ${!of.stored && html`<fieldset><legend>${t("new.policy")}</legend>
      ${field("names", (more) => html`<textarea rows="3" spellcheck=${false} value=${of.names} ...${more}></textarea>`)}
      ${field("subject", (more) => html`<input autocomplete="off" spellcheck=${false} value=${of.subject} placeholder=${t("new.subject-default")} ...${more} />`)}
      ${field("issuer", (more) => html`<select required ...${more}><option value="">${t("new.choose")}</option>${options(["Unknown", ...issuers], of.issuer, (one) => issuerName(one))}</select>`)}
      ${field("key", (more) => html`<select ...${more}>${options(KEYS, of.key)}</select>`)}
      ${field("months", (more) => html`<input type="number" min="1" max="1200" inputmode="numeric" value=${of.months} ...${more} />`)}
      <label class="check"><input type="checkbox" checked=${of.exportable} onChange=${(/** @type {any} */ event) => set({ exportable: event.target.checked })} /> ${t("new.exportable")}</label>
      <${Copy} vault=${of.vault} take=${set} />
    </fieldset>`}
    ${field("owner", (more) => html`<input autocomplete="off" value=${of.owner} ...${more} />`)}
    ${field("signer", (more) => html`<input autocomplete="off" value=${of.signer} ...${more} />`)}
    ${of.replace && html`<p class="band warning">${t("new.replace-text")}</p>`}`;
}

/** @param {{problem: Problem}} props */
function Refused({ problem }) {
  const of = form.value;
  const pending = problem.body?.request_id;
  return html`<div class="problem" role="alert"><p lang="en">${wordsOf(problem)}</p>
    ${pending && html`<p><a href=${requestAddress({ ...of, request_id: pending })}>${t("new.see-pending")}</a></p>`}</div>`;
}

function Preview() {
  const of = form.value;
  const body = bodyOf(of);
  const url = new URL(pathOf({ vault: of.vault || "VAULT", name: of.name || "NAME" }, "/create"), API).href;
  return html`<details><summary>${t("new.preview")}</summary><pre tabindex="0" aria-label=${t("new.preview")}>${curlOf(url, body)}</pre></details>`;
}

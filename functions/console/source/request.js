// Page 2: one request, what became of it, and what to do now.
import { html, useEffect, useRef, useSignal } from "./v/vendor.js";
import { isMe } from "./access.js";
import { Actions } from "./actions.js";
import { place, requestAddress } from "./address.js";
import { json, pathOf, Problem } from "./api.js";
import { now, rows } from "./board.js";
import { Csr } from "./csr.js";
import { wordsOf } from "./dialog.js";
import { History, Steps } from "./history.js";
import { issuerName } from "./requests.js";
import { State } from "./states.js";
import { day, fullest, moment, relative, t } from "./words.js";

/** @typedef {import("../../../local/console/types.d.ts").Schemas["PendingView"]} View */
/** @typedef {import("../../../local/console/types.d.ts").Schemas["Messages"]["value"][number]} Message */

const SENT = 20_000; // milliseconds

/** The view of the request in the address. It is read again when the board says that it has changed. */
export function Request() {
  const [vault = "", name = "", id = ""] = place.value.parts;
  const state = useSignal(/** @type {{view: View | null, messages: Message[], problem: Problem | null}} */ ({ view: null, messages: [], problem: null }));
  const asked = useRef(0);
  const read = async () => {
    const turn = ++asked.current;
    const keep = (/** @type {Partial<typeof state.value>} */ changed) => {
      if (turn === asked.current) state.value = { ...state.value, ...changed }; // else a later answer is there already
    };
    try {
      const view = await json("GET", pathOf({ vault, name }, "/pending/view"), { query: { request_id: id } });
      keep({ view, problem: null });
      const told = await json("GET", "messages", { query: { vault, name, limit: "100" } });
      keep({ messages: told.value.filter((/** @type {Message} */ one) => isAbout(one, view)) });
    } catch (error) {
      keep({ problem: error instanceof Problem ? error : new Problem(0, undefined, `${error}`) });
    }
  };
  // Key Vault is asked for it each time, so only when the board says that something about the name is another.
  const known = JSON.stringify(rows.value.filter((row) => row.vault === vault.toLowerCase() && row.name.toLowerCase() === name.toLowerCase()).map((row) => [row.request_id, row.state, row.changed, row.owner, row.quiet_until, row.error]));
  useEffect(() => {
    read();
    const later = setTimeout(read, SENT); // by then messages about it are on their way
    return () => clearTimeout(later);
  }, [known]);

  const { view, messages, problem } = state.value;
  if (!view) return html`<h1><bdi>${name}</bdi></h1>${problem ? html`<${Missing} of=${{ vault, name }} problem=${problem} />` : html`<p role="status">${t("loading")}</p>`}`;
  return html`
    <p class="crumbs"><a href="#/requests">${t("requests.title")}</a></p>
    <h1><bdi>${view.name}</bdi> <${State} state=${view.state} /></h1>
    ${problem && html`<p class="band warning" role="status">${t("request.old")} <span lang="en">${wordsOf(problem)}</span></p>`}
    ${view.key_vault && html`<p class="band warning" role="status">${silent(view.key_vault)} <span lang="en">${view.key_vault.why}</span></p>`}
    ${view.current && html`<p class="band">${t("request.another")} <a href=${requestAddress({ ...view, request_id: view.current })}>${t("request.see-another")}</a></p>`}
    <section class="now" aria-labelledby="now">
      <h2 id="now">${t("now.title")}</h2>
      ${view.state === "stalled" && view.created && html`<p><${State} state="stalled" /> ${t("request.stalled", { since: relative(view.created, now.value) })}</p>`}
      <p class="sentence">${whatNow(view)}</p>
      ${view.error && html`<p class="error" lang="en">${view.error.message ?? view.error.code}</p>`}
      ${view.check_error && html`<p class="note">${t("request.check-error")} <span lang="en">${view.check_error}</span></p>`}
      <${Actions} view=${view} reread=${read} />
    </section>
    <${Steps} view=${view} messages=${messages} />
    <${Facts} view=${view} />
    ${view.csr && html`<${Csr} view=${view} />`}
    <${History} view=${view} messages=${messages} />`;
}

/** Whether a message about the name was about this request: it happened between its start and its end.
 * @param {Message} message
 * @param {View} view */
const isAbout = ({ happened }, view) =>
  Date.parse(happened) >= Date.parse(view.created ?? "") - SLACK &&
  (view.status === "inProgress" || Date.parse(happened) <= Date.parse(view.changed ?? "") + SLACK);
const SLACK = 2000; // milliseconds: an event is written beside the change that it is about

/** @param {{why: string, unreachable_since: string | null}} vault */
const silent = ({ unreachable_since: since }) =>
  since ? t("request.silent-since", { when: moment(since) }) : t("request.silent");

/** @param {{of: {vault: string, name: string}, problem: Problem}} props */
function Missing({ of, problem }) {
  const current = problem.body?.request_id;
  return html`<p class="problem" role="alert" lang="en">${wordsOf(problem)}</p>
    ${current && html`<p><a href=${requestAddress({ ...of, request_id: current })}>${t("request.see-another")}</a></p>`}
    <p><a href=${`#/requests?q=${encodeURIComponent(of.name)}`}>${t("request.all-of-name")}</a></p>`;
}

/** What to do now, in a sentence.
 * @param {View} view */
function whatNow({ what_now: { code, values } }) {
  const times = new Set(["since", "at", "not_after", "next_check"]);
  const shown = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, times.has(key) ? timeOf(key, value) : value]));
  if (isMe(values.signer)) delete shown.signer; // whose page this is needs no name
  if ("issuer" in shown) shown.issuer = issuerName(shown.issuer ?? null);
  return fullest([`now.${code}.whole`, `now.${code}`], shown);
}

/** @param {string} key
 * @param {string} value */
const timeOf = (key, value) => (key === "not_after" ? day(value) : relative(value, now.value));

/** @param {{view: View}} props */
function Facts({ view }) {
  const made = view.certificate;
  /** @type {[string, unknown][]} */
  const facts = [
    ["column.vault", view.vault],
    ["column.issuer", issuerName(view.issuer)],
    ["column.owner", view.owner ?? t("nobody")],
    ["column.signer", view.signer],
    ["column.by", view.by && (view.by_verified === false ? t("request.unverified", { by: view.by }) : view.by)],
    ["column.behalf", view.on_behalf_of],
    ["column.ca", made?.ca],
    ["column.serial", made?.serial],
    ["column.thumbprint", made?.thumbprint],
    ["column.ends", made?.not_after && moment(made.not_after)],
    ["column.quiet", view.quiet_until && `${moment(view.quiet_until)}${view.quiet_why ? `: ${view.quiet_why}` : ""}`],
  ];
  return html`<section aria-labelledby="facts"><h2 id="facts">${t("request.facts")}</h2><dl class="facts">
    ${facts.filter(([, value]) => value).map(([key, value]) => html`<dt>${t(key)}</dt><dd><bdi>${value}</bdi></dd>`)}
  </dl></section>`;
}

// To sign: what waits for a person's CA, the oldest first.
import { html, useEffect, useRef, useSignal } from "./v/vendor.js";
import { isMe, me } from "./access.js";
import { place, refine, requestAddress } from "./address.js";
import { board, known, now, rows, waitsForSignature } from "./board.js";
import { call, json, pathOf } from "./api.js";
import { said, wordsOf } from "./dialog.js";
import { saveAnswer } from "./saving.js";
import { inTurn } from "./turns.js";
import { lasting, moment, t } from "./words.js";

/** The view. */
export function ToSign() {
  const everybody = place.value.query.get("whose") === "everybody";
  const state = useSignal({ busy: false, problem: "" });
  const all = rows.value.filter(waitsForSignature);
  const mine = all.filter((row) => isMe(row.signer));
  const shown = everybody ? all : mine;
  const take = async () => {
    state.value = { busy: true, problem: "" };
    try {
      await saveAnswer(await call("GET", "csrs", { query: everybody ? {} : { signer: me() } }), "csrs.zip");
      said.value = t("sign.saved", { count: shown.length });
      state.value = { busy: false, problem: "" };
    } catch (error) {
      state.value = { busy: false, problem: wordsOf(error) };
    }
  };
  return html`
    <h1>${t("sign.title")}</h1>
    <div class="chips" role="group" aria-label=${t("sign.whose")}>
      <button aria-pressed=${!everybody} onClick=${() => refine({ whose: "" })}>${t("sign.mine")} <b>${mine.length}</b></button>
      <button aria-pressed=${everybody} onClick=${() => refine({ whose: "everybody" })}>${t("sign.everybody")} <b>${all.length}</b></button>
    </div>
    ${shown.length > 0 && html`<div class="tools">
      <button class="main" disabled=${state.value.busy} onClick=${take}>${t("sign.take", { count: shown.length })}</button>
      <a class="button" href="#/drop">${t("sign.return")}</a>
      <span class="note">${t("sign.manifest")}</span>
    </div>`}
    ${state.value.problem && html`<p class="problem" role="alert" lang="en">${state.value.problem}</p>`}
    ${shown.length ? html`<ol class="cards">${shown.map((row) => html`<${Card} key=${row.key} row=${row} />`)}</ol>` : html`<${Nothing} others=${all.length} everybody=${everybody} />`}`;
}

/** @param {{others: number, everybody: boolean}} props */
function Nothing({ others, everybody }) {
  if (!board.value) return html`<p class="empty" role="status">${known.value.problem ? "" : t("loading")}</p>`;
  return html`<p class="empty">${t("sign.none")} ${!everybody && others > 0 && t("sign.others", { count: others })}</p>`;
}

/** @typedef {import("./request.js").View["csr"]} Csr */
/** What the server has decoded, by the request's id: a CSR never changes. @type {Map<string, Csr>} */
const decoded = new Map();
// Each is a call of Key Vault, whose limits are those of all who use the vault.
const decode = inTurn(2);

const NAMES = 8; // on a card; the request's page has all

/** @param {string[]} names */
const some = (names) => names.slice(0, NAMES).join(", ") + (names.length > NAMES ? ` ${t("sign.more", { count: names.length - NAMES })}` : "");

/** @param {{row: import("./board.js").Row}} props */
function Card({ row }) {
  const since = row.created ?? "";
  const id = row.request_id ?? "";
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  const csr = useSignal(/** @type {Csr} */ (decoded.get(id) ?? null));
  useEffect(() => {
    const stop = new AbortController();
    const read = async () => {
      if (stop.signal.aborted || decoded.has(id)) return;
      const view = await json("GET", pathOf(row, "/pending/view"), { query: { request_id: id }, signal: stop.signal });
      decoded.set(id, (csr.value = view.csr));
    };
    const seen = new IntersectionObserver(([entry]) => {
      if (!entry?.isIntersecting) return;
      seen.disconnect();
      decode(read).catch(() => undefined); // the card says what the board knows; its page says what is wrong
    });
    if (!decoded.has(id) && element.current) seen.observe(element.current);
    return () => {
      seen.disconnect();
      stop.abort();
    };
  }, [id]);
  const [names, key, ekus] = [Object.values(csr.value?.names ?? {}).flat(), csr.value?.key, csr.value?.ekus ?? []];
  return html`<li class="card" ref=${element}>
    <h2><a href=${requestAddress({ ...row, request_id: id })}><bdi>${row.name}</bdi></a></h2>
    <dl>
      <dt>${t("column.vault")}</dt><dd>${row.vault}</dd>
      <dt>${t("column.waiting")}</dt><dd><time datetime=${since} title=${since && moment(since)}>${since ? lasting((now.value - Date.parse(since)) / 1000) : ""}</time></dd>
      <dt>${t("column.names")}</dt><dd><bdi>${some(names.length ? names : row.names) || row.name}</bdi></dd>
      ${key && html`<dt>${t("csr.key")}</dt><dd>${key}</dd><dt>${t("csr.ekus")}</dt><dd>${ekus.join(", ") || t("nothing")}</dd>`}
      <dt>${t("column.owner")}</dt><dd>${row.owner ?? t("nobody")}</dd>
      <dt>${t("column.signer")}</dt><dd>${row.signer ?? t("nobody")}</dd>
      ${row.by && html`<dt>${t("column.by")}</dt><dd>${row.by}</dd>`}
    </dl>
  </li>`;
}

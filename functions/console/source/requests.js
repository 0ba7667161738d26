// Page 1: all requests, those first that need somebody.
import { html, useMemo, useSignal } from "./v/vendor.js";
import { isMe, mayAnywhere } from "./access.js";
import { place, refine, requestAddress } from "./address.js";
import { board, isOpen, known, may, now, rows, STATES } from "./board.js";
import { Bulk } from "./bulk.js";
import { Table } from "./rows.js";
import { State } from "./states.js";
import { lasting, moment, relative, t } from "./words.js";

/** @typedef {import("./board.js").Row} Row */

const URGENCY = Object.fromEntries(STATES.map((state, i) => [state, i]));
/** @type {Record<string, (row: Row) => string | number>} */
const KEYS = {
  name: (row) => row.name.toLowerCase(),
  vault: (row) => row.vault.toLowerCase(),
  state: (row) => URGENCY[row.state] ?? 9,
  age: (row) => -Date.parse(row.created ?? row.changed ?? ""),
  owner: (row) => (row.owner ?? "\uffff").toLowerCase(),
  issuer: (row) => (row.issuer ?? "\uffff").toLowerCase(),
};

/** The rows that a filter leaves, in order. Exported for the tests of its speed.
 * @param {Row[]} all
 * @param {{state: string, q: string, mine: boolean, sort: string}} by */
export function chosen(all, { state, q, mine, sort }) {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const left = all.filter(
    (row) =>
      (!state || row.state === state) &&
      (!mine || isMe(row.owner) || isMe(row.signer) || isMe(row.by)) &&
      words.every((word) => row.text.includes(word)),
  );
  if (!sort) return left.sort((a, b) => (URGENCY[a.state] ?? 9) - (URGENCY[b.state] ?? 9)); // stable: the board's order within
  const [by, sign] = sort.startsWith("-") ? [sort.slice(1), -1] : [sort, 1];
  const key = (Object.hasOwn(KEYS, by) && KEYS[by]) || (() => 0); // not ?sort=__proto__
  return left.sort((a, b) => sign * compare(key(a), key(b)));
}

/** @param {string | number} a
 * @param {string | number} b */
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** The view. */
export function Requests() {
  const query = place.value.query;
  const by = {
    state: query.get("state") ?? "", q: query.get("q") ?? "", mine: query.get("mine") === "yes", sort: query.get("sort") ?? "",
  };
  const all = rows.value;
  const shown = useMemo(() => chosen(all, by), [all, by.state, by.q, by.mine, by.sort]);
  const selected = useSignal(/** @type {Set<string>} */ (new Set()));
  const picked = shown.filter((row) => selected.value.has(row.key));
  return html`
    <h1>${t("requests.title")}</h1>
    <${Chips} all=${all} by=${by} />
    <div class="tools">
      <label class="search">${t("requests.search")}
        <input type="search" id="search" value=${by.q} placeholder=${t("requests.search-for")}
          onInput=${(/** @type {any} */ event) => refine({ q: event.target.value })} /></label>
      <label class="check"><input type="checkbox" checked=${by.mine}
        onChange=${(/** @type {any} */ event) => refine({ mine: event.target.checked ? "yes" : "" })} /> ${t("requests.mine")}</label>
      ${by.sort && html`<button class="plain" onClick=${() => refine({ sort: "" })}>${t("requests.unsorted")}</button>`}
    </div>
    <${Bulk} shown=${shown} picked=${picked} clear=${() => (selected.value = new Set())} />
    ${shown.length
      ? html`<${Table} label=${t("requests.title")} rows=${shown} keyOf=${(/** @type {Row} */ row) => row.key} sort=${by.sort}
          onSort=${(/** @type {string} */ sort) => refine({ sort })} columns=${columns(selected, shown)} selected=${selected.value}
          tone=${(/** @type {Row} */ row) => row.state} />`
      : html`<${Nothing} filtered=${Boolean(all.length)} />`}
    ${board.value?.left_out ? html`<p class="note">${t("requests.left-out", { count: board.value.left_out })}</p>` : null}`;
}

/** @param {{filtered: boolean}} props */
function Nothing({ filtered }) {
  if (!board.value) return html`<p class="empty" role="status">${known.value.problem ? "" : t("loading")}</p>`;
  if (filtered) {
    return html`<p class="empty">${t("requests.no-match")} <button onClick=${() => refine({ state: "", q: "", mine: "" })}>${t("requests.all")}</button></p>`;
  }
  return html`<p class="empty">${t("requests.none")} ${mayAnywhere("request") && html`<a href="#/new">${t("nav.new")}</a>`}</p>`;
}

/** @param {{all: Row[], by: {state: string}}} props */
function Chips({ all, by }) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const row of all) counts[row.state] = (counts[row.state] ?? 0) + 1;
  return html`<div class="chips" role="group" aria-label=${t("requests.states")}>
    <button aria-pressed=${!by.state} onClick=${() => refine({ state: "" })}>${t("requests.all")} <b>${all.length}</b></button>
    ${STATES.map((state) => html`<button key=${state} aria-pressed=${by.state === state}
      onClick=${() => refine({ state: by.state === state ? "" : state })}><${State} state=${state} /> <b>${counts[state] ?? 0}</b></button>`)}
  </div>`;
}

/** @param {import("../../../local/console/types.d.ts").Signal<Set<string>>} selected
 * @param {Row[]} shown
 * @returns {import("./rows.js").Column<Row>[]} */
function columns(selected, shown) {
  const toggle = (/** @type {string[]} */ keys, /** @type {boolean} */ on) => {
    const next = new Set(selected.value);
    for (const key of keys) on ? next.add(key) : next.delete(key);
    selected.value = next;
  };
  const all = shown.length > 0 && shown.every((row) => selected.value.has(row.key));
  const box = (/** @type {string} */ label, /** @type {boolean} */ checked, /** @type {string[]} */ keys) =>
    html`<input type="checkbox" aria-label=${label} checked=${checked}
      onChange=${(/** @type {any} */ event) => toggle(keys, event.target.checked)} />`;
  return [
    { name: "pick", head: /** @type {any} */ (box(t("requests.pick-all"), all, shown.map((row) => row.key))),
      cell: (row) => box(t("requests.pick", { name: row.name }), selected.value.has(row.key), [row.key]) },
    { name: "name", head: t("column.name"), sorted: t("requests.sort"), cell: nameCell },
    { name: "vault", head: t("column.vault"), sorted: t("requests.sort"), cell: (row) => row.vault },
    { name: "state", head: t("column.state"), sorted: t("requests.sort"), cell: (row) => html`<${State} state=${row.state} />` },
    { name: "age", head: t("column.age"), sorted: t("requests.sort"), cell: age },
    { name: "owner", head: t("column.owner"), sorted: t("requests.sort"), cell: (row) => row.owner ?? t("nobody") },
    { name: "issuer", head: t("column.issuer"), sorted: t("requests.sort"), cell: (row) => issuerName(row.issuer) },
    { name: "next", head: t("column.next"), cell: next },
  ];
}

/** @param {Row} row */
function nameCell(row) {
  const { name, names } = row;
  const more = names.filter((one) => one !== name).join(", ");
  const title = more ? `${name}: ${more}` : name;
  if (!row.request_id) return html`<span title=${title}><bdi>${name}</bdi></span>`;
  return html`<a href=${requestAddress({ ...row, request_id: row.request_id })} title=${title}><bdi>${name}</bdi></a>`;
}

/** Issuers that Key Vault does not know are the team's own CA.
 * @param {string | null} issuer */
export const issuerName = (issuer) => (issuer === null ? "" : issuer === "Unknown" ? t("issuer.own-ca") : issuer === "Self" ? t("issuer.self") : issuer);

/** @param {Row} row */
function age(row) {
  const since = row.created;
  if (!since) return "";
  const until = !isOpen(row) && row.changed ? Date.parse(row.changed) : now.value;
  return html`<time datetime=${since} title=${moment(since)}>${lasting((until - Date.parse(since)) / 1000)}</time>`;
}

/** What comes next, or why it failed.
 * @param {Row} row */
function next(row) {
  // That a check failed is the vault's fault, and said above: what the request waits for is the same.
  if (row.error && row.error_code !== "check-failed") return html`<span class="error" lang="en" title=${row.error}>${row.error}</span>`;
  if (row.changed && isOpen(row)) return t("next.cancelling");
  if (row.state === "your-turn" && may(row, "return")) return t("next.your-turn");
  if (row.state === "your-turn") return row.signer ? t("next.signer", { signer: row.signer }) : t("next.somebody");
  if (row.state === "stalled" && row.issuer !== "Unknown") return t("next.ask-issuer", { issuer: issuerName(row.issuer) });
  if (row.state === "stalled") return may(row, "return") ? t("next.your-turn") : t("next.somebody");
  if (row.next_check && row.state === "in-progress") {
    return Date.parse(row.next_check) > now.value ? t("next.check", { when: relative(row.next_check, now.value) }) : t("next.check-soon");
  }
  if (row.changed && !isOpen(row)) return relative(row.changed, now.value);
  return "";
}

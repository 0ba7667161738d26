// The board: all requests that the person may see. It is asked for every 12 seconds while the page is visible.
import { batch, computed, signal } from "./v/vendor.js";
import { call, Problem } from "./api.js";

/** @typedef {import("../../../local/console/types.d.ts").Schemas["Board"]} Board */
/** @typedef {{
 *   key: string, vault: string, name: string, request_id: string | null, state: string, status: string | null,
 *   created: string | null, changed: string | null, owner: string | null, signer: string | null, issuer: string | null,
 *   next_check: string | null, quiet_until: string | null, error_code: string | null, error: string | null, names: string[],
 *   by: string | null, may: string[], text: string }} Row */

export const STATES = ["stalled", "failed", "your-turn", "in-progress", "asked", "done", "cancelled"];
const EVERY = 12_000; // milliseconds
const PATIENCE = 30_000;

/** @type {import("../../../local/console/types.d.ts").Signal<Board | null>} */
export const board = signal(/** @type {Board | null} */ (null));
/** When the board was last known to be true, in milliseconds; and why it is not now. */
export const known = signal({ at: 0, problem: /** @type {Problem | null} */ (null) });
/** The time that ages are told by, in milliseconds. */
export const now = signal(Date.now());
/** @type {import("../../../local/console/types.d.ts").ReadonlySignal<Row[]>} */
export const rows = computed(() => (board.value ? rowsOf(board.value) : []));

let etag = "";
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {Promise<void> | undefined} */
let asking;

/** Begins to ask. */
export function watchBoard() {
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : refresh()));
  return refresh();
}

/** Asks now. */
export function refresh() {
  clearTimeout(timer);
  return (asking ??= ask().finally(() => {
    asking = undefined;
    if (!document.hidden) timer = setTimeout(refresh, EVERY);
  }));
}

/** Asks after a change: an answer that is under way may be of before it. And once more: an instance keeps its rows for 5 s. */
export const refreshAfter = () => {
  setTimeout(refresh, KEPT);
  return asking ? asking.then(refresh) : refresh();
};
const KEPT = 6000; // milliseconds

async function ask() {
  try {
    const answer = await call("GET", "board", { within: PATIENCE, headers: etag ? { "If-None-Match": etag } : {} });
    const read = answer.status === 304 ? null : await answer.json();
    batch(() => {
      if (read) board.value = read;
      now.value = Date.now();
      known.value = { at: now.value, problem: null };
    });
    etag = answer.headers.get("ETag") ?? etag;
  } catch (error) {
    const problem = error instanceof Problem ? error : new Problem(0, undefined, `${error}`);
    batch(() => {
      now.value = Date.now();
      known.value = { ...known.value, problem };
    });
  }
}

/** @param {Board} of
 * @returns {Row[]} */
function rowsOf(of) {
  const { columns: c, mays } = of;
  return c.vault.map((vault, i) => {
    const name = c.name[i] ?? "";
    const names = c.names[i] ?? [];
    const at = (/** @type {(string | null)[]} */ column) => column[i] ?? null;
    const [owner, signer, issuer, by, error] = [at(c.owner), at(c.signer), at(c.issuer), at(c.by), at(c.error)];
    const text = [name, vault, owner, signer, issuer, by, error, ...names].join("\n").toLowerCase();
    const id = at(c.request_id);
    return {
      key: `${vault}/${name}/${id}`, vault, name, request_id: id, state: c.state[i] ?? "", status: at(c.status),
      created: at(c.created), changed: at(c.changed), owner, signer, issuer, next_check: at(c.next_check),
      quiet_until: at(c.quiet_until), error_code: at(c.error_code), error, names, by, may: mays[c.may[i] ?? -1] ?? [], text,
    };
  });
}

const OPEN = ["your-turn", "stalled", "in-progress", "asked"];

/** Whether a request is in progress: all that are not have ended.
 * @param {Row} row */
export const isOpen = (row) => OPEN.includes(row.state);

/** Whether its CSR waits for a person's CA.
 * @param {Row} row */
export const waitsForSignature = (row) => row.issuer === "Unknown" && isOpen(row) && row.request_id !== null;

/** Whether something may be done with a request: it is granted, and the vault is not one that is only observed.
 * @param {Row} row
 * @param {string} verb */
export const may = (row, verb) =>
  row.may.includes(verb) && (["read", "acknowledge"].includes(verb) || !board.value?.vaults[row.vault]?.observed);

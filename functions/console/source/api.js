// Calls of the API. What it refuses becomes a Problem with its own words.
import { API, rejected, token } from "./session.js";

/** Why a call brought nothing; `status` is 0 where no answer came. */
export class Problem extends Error {
  /** @param {number} status
   * @param {any} body
   * @param {string} words */
  constructor(status, body, words) {
    super(body?.error?.message ?? words);
    this.status = status;
    this.body = body;
    /** @type {string} */
    this.reason = body?.reason ?? body?.error?.code ?? "";
  }
}

/** @typedef {{query?: Record<string, string>, body?: BodyInit, headers?: Record<string, string>, signal?: AbortSignal,
 *   within?: number}} Options  `within`: milliseconds after which an answer is given up, as after a laptop's sleep */
const PATIENCE = 240_000; // the platform gives up after 230 s

/** Calls a route under /api, and returns the answer, also a 304. Waits while the person signs in again. Throws Problem.
 * @param {string} method
 * @param {string} path
 * @param {Options} [options] */
export async function call(method, path, { query, body, headers, signal, within = PATIENCE } = {}) {
  const url = new URL(path, API);
  for (const [name, value] of Object.entries(query ?? {})) if (value) url.searchParams.set(name, value);
  for (let refusals = 0; ; refusals++) {
    const bearer = await token().catch(offline);
    const sent = { method, body, signal: signal ?? AbortSignal.timeout(within), headers: { ...headers, Authorization: `Bearer ${bearer}` } };
    const answer = await fetch(url, { ...sent, cache: "no-store" }).catch(offline);
    if (answer.status === 401) {
      rejected(bearer, (await bodyOf(answer))?.error?.message ?? "", refusals > 0);
      continue;
    }
    if (answer.ok || answer.status === 304) return answer;
    throw new Problem(answer.status, await bodyOf(answer), `${answer.status} ${answer.statusText}`);
  }
}

/** Calls a route, and returns its JSON. Throws Problem.
 * @param {string} method
 * @param {string} path
 * @param {Options & {json?: unknown}} [options] */
export async function json(method, path, { json: content, ...options } = {}) {
  const body = content === undefined ? options.body : JSON.stringify(content);
  const type = content === undefined ? undefined : { "Content-Type": "application/json" };
  return (await call(method, path, { ...options, body, headers: { ...type, ...options.headers } })).json();
}

/** The path of a certificate's routes.
 * @param {{vault: string, name: string}} of
 * @param {string} [rest] */
export const pathOf = (of, rest = "") => `vaults/${segment(of.vault)}/certificates/${segment(of.name)}${rest}`;

/** A part of a path that leads nowhere else: `..` in a link would lead to another route, however it is written.
 * @param {string} text */
const segment = (text) => encodeURIComponent(text).replace(/^\.{1,2}$/, "%25$&");

/** @param {unknown} error
 * @returns {never} */
function offline(error) {
  if (error instanceof Problem || (error instanceof DOMException && error.name === "AbortError")) throw error;
  throw new Problem(0, undefined, "offline");
}

/** @param {Response} answer */
async function bodyOf(answer) {
  try {
    return await answer.json();
  } catch {
    return undefined; // of something between us and the API
  }
}

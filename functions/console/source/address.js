// Where the page is: each view has an address of its own behind the #, so that back works and links can be sent.
import { signal } from "./v/vendor.js";

/** @typedef {{page: string, parts: string[], query: URLSearchParams}} Place */

/** @returns {Place} */
function read() {
  const [path = "", query = ""] = location.hash.slice(1).split("?", 2);
  const [page = "", ...parts] = path.split("/").filter(Boolean).map(decoded);
  return { page, parts, query: new URLSearchParams(query) };
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Where we are. */
export const place = signal(read());
addEventListener("hashchange", () => (place.value = read()));

/** The address of a view.
 * @param {string} page
 * @param {string[]} [parts]
 * @param {Record<string, string>} [query] */
export function address(page, parts = [], query = {}) {
  const filled = Object.entries(query).filter(([, value]) => value);
  const written = new URLSearchParams(filled).toString();
  return `#/${[page, ...parts].map(encodeURIComponent).join("/")}${written && `?${written}`}`;
}

/** Goes to an address, so that back leads here.
 * @param {string} to */
export const go = (to) => location.assign(to);

/** Changes a part of this view's query. Going back does not step through each letter of a search.
 * @param {Record<string, string>} changed an empty text takes a parameter away */
export function refine(changed) {
  const { page, parts, query } = place.value;
  const all = { ...Object.fromEntries(query), ...changed };
  history.replaceState(null, "", address(page, parts, all));
  place.value = read();
}

/** The address of one request; with its id, so that an old link never means a newer request.
 * @param {{vault: string, name: string, request_id: string}} of */
export const requestAddress = (of) => address("request", [of.vault, of.name, of.request_id]);

// Keys: / goes to the search, g and a letter to a page, ? shows them.
import { html, signal, useEffect } from "./v/vendor.js";
import { go } from "./address.js";
import { t } from "./words.js";

/** @type {Record<string, string>} */
const PAGES = { r: "requests", s: "sign", d: "drop", n: "new", a: "approvals" };
const shown = signal(false);
let jumping = false;

/** @param {KeyboardEvent} event */
function pressed(event) {
  const at = event.target;
  const writing = at instanceof HTMLElement && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName));
  if (writing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]:not(.keys)")) return;
  const page = jumping ? PAGES[event.key] : undefined;
  jumping = event.key === "g";
  if (page) go(`#/${page}`);
  else if (event.key === "/") search(event);
  else if (event.key === "?") shown.value = !shown.value;
  else if (event.key === "Escape") shown.value = false;
}

/** @param {Event} event */
function search(event) {
  event.preventDefault();
  const box = () => /** @type {HTMLInputElement | null} */ (document.getElementById("search"));
  if (!box()) go("#/requests");
  requestAnimationFrame(() => requestAnimationFrame(() => box()?.focus()));
}

/** The list of keys, once on the page. */
export function Keys() {
  useEffect(() => {
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
  if (!shown.value) return null;
  return html`<aside class="keys" aria-label=${t("keys.title")}><h2>${t("keys.title")}</h2><dl>
    <dt>/</dt><dd>${t("keys.search")}</dd>
    ${Object.entries(PAGES).map(([key, page]) => html`<dt>g ${key}</dt><dd>${t(`nav.${page}`)}</dd>`)}
    <dt>↑ ↓</dt><dd>${t("keys.arrows")}</dd><dt>?</dt><dd>${t("keys.this")}</dd>
  </dl><button onClick=${() => (shown.value = false)}>${t("said.close")}</button></aside>`;
}

// A chain as a small tree: the root above, the leaf below, what is missing dotted.
import { html } from "./v/vendor.js";
import { day, t } from "./words.js";

/** @typedef {{subject: string, issuer: string, serial: string, sha256: string, not_before: string, not_after: string}} Certificate */

/** @param {{chain: Certificate[], findings: string[]}} props the chain begins with the leaf */
export function Tree({ chain }) {
  const last = chain.at(-1);
  const open = last && last.issuer !== last.subject;
  const links = chain.map((one, i) => ({ ...one, role: i === 0 ? "leaf" : one.issuer === one.subject ? "root" : "intermediate" }));
  return html`<ul class="tree" aria-label=${t("tree.title")}>
    ${open && html`<li class="missing"><b>${t("tree.missing")}</b> <bdi>${last.issuer}</bdi></li>`}
    ${links.reverse().map((one) => html`<li key=${one.sha256} class=${one.role}>
      <b>${t(`tree.${one.role}`)}</b> <bdi>${one.subject}</bdi> <span class="note">${t("tree.until", { day: day(one.not_after) })}</span></li>`)}
  </ul>`;
}

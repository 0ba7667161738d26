// All of what an approver says yes to: what to look at first, what is different from what was approved last, every field.
import { html } from "./v/vendor.js";
import { issuerName } from "./requests.js";
import { knows, moment, t } from "./words.js";

/** @typedef {import("./approvals.js").Approval} Approval */

const USUAL = new Set(["serverAuth", "clientAuth"]); // what most certificates are for; anything else is said first

// Fields of the policy that have a place of their own.
const APART = new Set(["names", "subject", "issuer", "key", "months", "wildcard", "unread"]);

/** What is another than in what was approved last.
 * @param {{one: Approval}} props */
export function Difference({ one }) {
  const changed = Object.entries(/** @type {Record<string, [unknown, unknown]>} */ (one.difference ?? {}));
  if (!changed.length) return null;
  return html`<section aria-labelledby="difference"><h2 id="difference">${t("approval.difference")}</h2>
    <div class="scrolls" tabindex="0" role="region" aria-labelledby="difference"><table class="plain"><thead><tr><th>${t("approval.field")}</th><th>${t("approval.before")}</th><th>${t("approval.after")}</th></tr></thead>
    <tbody>${changed.map(([field, [before, after]]) => html`<tr><th scope="row">${named(field)}</th>
      <td><bdi>${shown(before)}</bdi></td><td><bdi>${shown(after)}</bdi></td></tr>`)}</tbody></table></div></section>`;
}

/** @param {string} field of the policy */
const named = (field) => (knows(`field.${field}`) ? t(`field.${field}`) : field);

/** @param {unknown} value a text, a number, yes or no, a list, or lists by their kind */
function shown(value) {
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  const all = value !== null && typeof value === "object" ? Object.values(value).flat() : [value ?? ""];
  return all.join(", ") || t("nothing");
}

/** @param {{one: Approval}} props */
export function Asked({ one }) {
  const first = unusual(one);
  return html`<section aria-labelledby="facts"><h2 id="facts">${t("approval.what")}</h2>
    ${first.length > 0 && html`<div class="look"><h3>${t("approval.look")}</h3><ul>${first.map((sentence) => html`<li>${sentence}</li>`)}</ul></div>`}
    <dl class="facts">${facts(one).filter(([, value]) => value).map(([key, value]) => html`<dt>${key}</dt><dd><bdi>${value}</bdi></dd>`)}</dl>
    ${Object.keys(one.body).length > 0 && html`<details><summary>${t("approval.body")}</summary><pre tabindex="0" aria-label=${t("approval.body")}>${JSON.stringify(one.body, null, 2)}</pre></details>`}
  </section>`;
}

/** What is not as with most certificates, a sentence each.
 * @param {Approval} one */
function unusual({ basis, policy }) {
  const others = policy.ekus.filter((eku) => !USUAL.has(eku));
  return [
    policy.ca && t("approval.look.ca"),
    policy.wildcard && t("approval.look.wildcard"),
    others.length > 0 && t("approval.look.ekus", { ekus: others.join(", ") }),
    policy.auto_renew && t("approval.look.auto-renew"),
    policy.unread.length > 0 && t("approval.look.unread", { fields: policy.unread.join(", ") }),
    basis?.how === "replaced" && t("approval.look.replace"),
    basis?.how === "adopted" && t("approval.look.adopt"),
    basis?.former_owner && basis.former_owner !== basis.owner && t("approval.look.takes-over", { from: basis.former_owner }),
  ].filter(Boolean);
}

/** Every field, under its name.
 * @param {Approval} one
 * @returns {[string, unknown][]} */
function facts(one) {
  const { basis, policy } = one;
  const tags = Object.entries(basis?.tags ?? {});
  return [
    [t("column.vault"), one.vault],
    [t("column.by"), one.asked_by],
    [t("approval.asked"), moment(one.asked)],
    [t("approval.expires"), moment(one.expires)],
    [t("column.owner"), one.owner ?? t("nobody")],
    [t("column.signer"), basis?.signer],
    [t("csr.subject"), policy.subject],
    [t("column.names"), wildcardsFirst(one.names).join(", ")],
    [t("column.issuer"), issuerName(policy.issuer)],
    [t("csr.key"), policy.key.replace(":", " ")],
    [t("new.months"), policy.months],
    ...Object.entries(policy)
      .filter(([field]) => !APART.has(field))
      .map(([field, value]) => /** @type {[string, unknown]} */ ([named(field), shown(value)])),
    [t("approval.tags"), tags.map(([tag, value]) => `${tag}=${value}`).join(", ")],
    [t("approval.digest"), one.digest],
  ];
}

/** @param {string[]} names */
const wildcardsFirst = (names) => [...names].sort((one, other) => Number(other.startsWith("*")) - Number(one.startsWith("*")));

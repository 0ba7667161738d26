// The CSR of a request, decoded by the server, to copy and to save.
import { html } from "./v/vendor.js";
import { said } from "./dialog.js";
import { save } from "./saving.js";
import { t } from "./words.js";

/** @param {{view: import("./request.js").View}} props */
export function Csr({ view }) {
  const csr = /** @type {NonNullable<typeof view.csr>} */ (view.csr);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(csr.pem);
      said.value = t("csr.copied");
    } catch {
      said.value = t("csr.not-copied"); // a browser may forbid it
    }
  };
  /** @type {[string, unknown][]} */
  const facts = [
    ["csr.subject", csr.subject],
    ...Object.entries(csr.names).map(([kind, names]) => /** @type {[string, unknown]} */ ([`csr.${kind}`, names.join(", ")])),
    ["csr.key", csr.key],
    ["csr.ekus", csr.ekus.join(", ")],
    ["csr.usage", csr.key_usage.join(", ")],
    ["csr.sha256", csr.key_sha256],
  ];
  return html`<details class="csr" open=${view.status === "inProgress" && view.issuer === "Unknown"}>
    <summary><h2>${t("csr.title")}</h2></summary>
    <dl class="facts">${facts.filter(([, value]) => value).map(([key, value]) => html`<dt>${t(key)}</dt><dd><bdi>${value}</bdi></dd>`)}</dl>
    <textarea class="pem" readonly rows="8" aria-label=${t("csr.title")} value=${csr.pem}></textarea>
    <div class="buttons">
      <button onClick=${copy}>${t("csr.copy")}</button>
      <button onClick=${() => save(`${view.name}.csr`, new Blob([csr.pem], { type: "application/x-pem-file" }))}>${t("csr.save")}</button>
    </div>
  </details>`;
}

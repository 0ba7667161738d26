// What would happen if a new request were started now, as the API says.
import { html } from "./v/vendor.js";
import { requestAddress } from "./address.js";
import { isOpen, rows } from "./board.js";
import { wordsOf } from "./dialog.js";
import { issuerName } from "./requests.js";
import { t } from "./words.js";

/** @param {{of: {vault: string, name: string}, run: import("./new.js").DryRun | null, problem: import("./api.js").Problem | null, wrong: boolean, busy: boolean}} props
 *  `wrong`: a field is, and says so itself */
export function Judged({ of, run, problem, wrong, busy }) {
  const answer = wrong ? html`<p><${Mark} good=${false} /></p>` : problem ? html`<p class="problem" lang="en">${wordsOf(problem)}</p>` : run ? html`<${Verdict} of=${of} run=${run} />` : html`<p class="note">${t("new.nothing-yet")}</p>`;
  return html`<section class="judged" aria-live="polite" aria-busy=${busy}><h2>${t("new.judged")}</h2>${answer}</section>`;
}

/** It needs others' yes, and nothing else is in its way. */
const Waits = () => html`<span class="state your-turn"><span aria-hidden="true">○</span> ${t("new.would-wait")}</span>`;

/** @param {{good: boolean}} props */
const Mark = ({ good }) =>
  html`<span class=${`state ${good ? "done" : "failed"}`}><span aria-hidden="true">${good ? "✓" : "✕"}</span> ${t(good ? "new.allowed" : "new.not-allowed")}</span>`;

/** @param {{of: {vault: string, name: string}, run: import("./new.js").DryRun}} props */
function Verdict({ of: { vault, name }, run }) {
  const open = rows.value.find((row) => row.vault === vault && row.name.toLowerCase() === name.toLowerCase() && isOpen(row));
  const pending = run.refusal?.reason === "pending" ? open : undefined;
  const { policy, refusal, approvals } = run;
  const waits = Boolean(approvals?.length) && !refusal && !run.forbidden?.missing?.length;
  const forbidden = waits ? null : run.forbidden;
  return html`
    <p>${waits ? html`<${Waits} />` : html`<${Mark} good=${run.allowed} />`}</p>
    ${[forbidden, refusal].map((one) => one && html`<p class="problem" lang="en">${one.message}</p>`)}
    ${pending?.request_id && html`<p><a href=${requestAddress({ ...pending, request_id: pending.request_id })}>${t("new.see-pending")}</a></p>`}
    ${forbidden?.missing?.map((one) => html`<p class="note">${t("new.missing", { what: one.what, asked: one.asked, granted: one.granted.join(", ") || t("nothing") })}</p>`)}
    ${approvals?.map((one) => html`<p>${t("new.approvals", { count: one.count, by: one.by.join(", ") || t("new.approvers") })}</p>`)}
    <dl class="facts">
      <dt>${t("csr.subject")}</dt><dd><bdi>${policy.subject}</bdi></dd>
      <dt>${t("column.names")}</dt><dd><bdi>${Object.values(policy.names).flat().join(", ") || t("nothing")}</bdi></dd>
      <dt>${t("column.issuer")}</dt><dd>${issuerName(policy.issuer)}</dd>
      <dt>${t("csr.key")}</dt><dd>${policy.key.replace(":", " ")}</dd>
      <dt>${t("new.months")}</dt><dd>${policy.months}</dd>
    </dl>`;
}

// One approval: what became of it, and the yes or no.
import { html, useEffect, useSignal } from "./v/vendor.js";
import { address, place, requestAddress } from "./address.js";
import { json, Problem } from "./api.js";
import { Asked, Difference } from "./approval_facts.js";
import { ApprovalState, isMine, readWaiting, WAITING } from "./approvals.js";
import { now, refreshAfter } from "./board.js";
import { ask, wordsOf } from "./dialog.js";
import { knows, moment, relative, t } from "./words.js";

/** @typedef {import("./approvals.js").Approval} Approval */

/** The view of the approval in the address. */
export function OneApproval() {
  const [id = ""] = place.value.parts;
  const state = useSignal(/** @type {{one: Approval | null, problem: string}} */ ({ one: null, problem: "" }));
  const read = () =>
    json("GET", pathOf(id)).then(
      (one) => (state.value = { one, problem: "" }),
      (error) => (state.value = { ...state.value, problem: wordsOf(error) }),
    );
  useEffect(() => {
    read();
  }, []);
  const { one, problem } = state.value;
  const done = (/** @type {Approval} */ after) => {
    state.value = { one: after, problem: "" };
    return Promise.all([readWaiting().catch(() => undefined), refreshAfter()]);
  };
  return html`<p class="crumbs"><a href="#/approvals">${t("approvals.title")}</a></p>
    <h1><bdi>${one?.name ?? t("approval.title")}</bdi> ${one && html`<${ApprovalState} state=${one.state} />`}</h1>
    ${problem && html`<p class="problem" role="alert" lang="en">${problem}</p>`}
    ${one ? html`<${What} one=${one} done=${done} reread=${read} /><${Difference} one=${one} /><${Asked} one=${one} />` : !problem && html`<p role="status">${t("loading")}</p>`}`;
}

/** @param {string} id
 * @param {string} [rest] */
const pathOf = (id, rest = "") => `approvals/${encodeURIComponent(id).replaceAll(".", "%252e")}${rest}`;

/** @typedef {{one: Approval, done: (after: Approval) => Promise<unknown>, reread: () => Promise<unknown>}} Acting */

/** What became of it, and what the person can do.
 * @param {Acting} props */
function What({ one, done, reread }) {
  const { decided } = one;
  return html`<section class="now" aria-labelledby="now">
    <h2 id="now">${t("now.title")}</h2>
    <p class="sentence">${sentence(one)}</p>
    ${decided && html`<p>${t(decided.by ? "approval.decided-by" : "approval.decided", { when: moment(decided.at), by: decided.by ?? "" })} ${decided.reason && html`<span lang="en">${decided.reason}</span>`}</p>`}
    ${one.error && html`<p class="error" lang="en">${one.error}</p>`}
    <ul class="needs">${one.needs.map((need) => html`<li>${t("new.approvals", { count: need.approvals, by: need.by.join(", ") || t("new.approvers") })}
      ${need.given.map((yes) => html`<span class="note">✓ ${t("approval.given", { by: yes.by, when: moment(yes.at) })}</span>`)}</li>`)}</ul>
    <div class="buttons">
      ${one.may.includes("approve") && html`<button class="main" onClick=${() => approve(one, done, reread)}>${t("approval.approve")}</button>`}
      ${one.may.includes("refuse") && html`<button class="danger" onClick=${() => decide(one, "refuse", done, reread)}>${t("approval.refuse")}</button>`}
      ${one.may.includes("withdraw") && html`<button onClick=${() => decide(one, "withdraw", done, reread)}>${t("approval.withdraw")}</button>`}
      ${one.request_id && html`<a class="button" href=${requestAddress({ ...one, request_id: one.request_id })}>${t("approval.see-request")}</a>`}
      ${!one.request_id && one.of === "create" && ["refused", "expired", "withdrawn", "failed"].includes(one.state) && html`<a class="button" href=${address("new")}>${t("act.again")}</a>`}
    </div>
  </section>`;
}

/** @param {Approval} one */
function sentence(one) {
  if (one.state !== WAITING) return t(knows(`approval.now.${one.state}`) ? `approval.now.${one.state}` : "approval.now.decided");
  const ends = relative(one.expires, now.value);
  const what = t(one.of === "elsewhere" ? "approval.now.exists" : "approval.now.nothing-yet");
  return isMine(one) ? t("approval.now.mine", { ends, what }) : t("approval.now.others", { ends, what });
}

/** @param {Approval} one
 * @param {Acting["done"]} done
 * @param {Acting["reread"]} reread */
const approve = (one, done, reread) =>
  ask({
    title: t("approval.approve-title", { name: one.name }),
    text: html`<p>${t(`approval.yes.${one.of}`, { by: one.asked_by })}</p>`,
    yes: t("approval.approve-yes"),
    act: async () => {
      await done(await post(one, "approve", { digest: one.digest }, reread));
      return t("approval.approved-said", { name: one.name });
    },
  });

/** @param {Approval} one
 * @param {"refuse" | "withdraw"} verb
 * @param {Acting["done"]} done
 * @param {Acting["reread"]} reread */
const decide = (one, verb, done, reread) =>
  ask({
    title: t(`approval.${verb}-title`, { name: one.name }),
    text: html`<label class="field">${t(verb === "refuse" ? "approval.why" : "approval.why-optional")}
      <textarea id="why" rows="3" maxlength="500" required=${verb === "refuse"}></textarea></label>`,
    yes: t(`approval.${verb}-yes`),
    danger: true,
    act: async () => {
      const reason = /** @type {HTMLTextAreaElement} */ (document.getElementById("why")).value.trim();
      await done(await post(one, verb, { ...(verb === "refuse" && { digest: one.digest }), ...(reason && { reason }) }, reread));
      return t(`approval.${verb}-said`, { name: one.name });
    },
  });

/** Meanwhile it may have been decided, so it is read again where that fails.
 * @param {Approval} one
 * @param {string} verb
 * @param {object} more the digest of what was shown, where the answer is about that
 * @param {Acting["reread"]} reread */
async function post(one, verb, more, reread) {
  try {
    return await json("POST", pathOf(one.id, `/${verb}`), { json: more });
  } catch (error) {
    if (error instanceof Problem && error.status === 409) await reread();
    throw error;
  }
}

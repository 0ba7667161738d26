// Takes the policy of a certificate that is there already into the form.
import { html, useSignal } from "./v/vendor.js";
import { json, pathOf } from "./api.js";
import { wordsOf } from "./dialog.js";
import { KEYS } from "./asked.js";
import { t } from "./words.js";

/** @param {{vault: string, take: (changed: Partial<import("./asked.js").Form>) => unknown}} props */
export function Copy({ vault, take }) {
  const state = useSignal({ from: "", problem: "", busy: false });
  const copy = async () => {
    state.value = { ...state.value, problem: "", busy: true };
    try {
      const { policy } = await json("GET", pathOf({ vault, name: state.value.from }));
      if (!policy) throw new Error(t("new.copy-none"));
      const key = policy.curve ? `EC ${policy.curve}` : `RSA ${policy.key_size ?? 2048}`;
      take({
        names: policy.names.join("\n"), subject: policy.subject ?? "", issuer: policy.issuer, months: `${policy.months ?? ""}`,
        exportable: policy.exportable, ...(KEYS.includes(key) && { key }),
      });
      state.value = { ...state.value, busy: false };
    } catch (error) {
      state.value = { ...state.value, problem: wordsOf(error), busy: false };
    }
  };
  return html`<div class="copy"><div class="field"><label for="new-copy">${t("new.copy")}</label>
      <input id="new-copy" autocomplete="off" spellcheck=${false} value=${state.value.from} onInput=${(/** @type {any} */ event) => (state.value = { ...state.value, from: event.target.value })} /></div>
    <button type="button" disabled=${!vault || !state.value.from || state.value.busy} onClick=${copy}>${t("new.copy-take")}</button>
    ${state.value.problem && html`<span class="problem" role="alert" lang="en">${state.value.problem}</span>`}</div>`;
}

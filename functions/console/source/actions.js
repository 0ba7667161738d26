// What can be done with a request: the one button that its state asks for, then the others.
import { html } from "./v/vendor.js";
import { address } from "./address.js";
import { json, pathOf } from "./api.js";
import { refreshAfter } from "./board.js";
import { acknowledge } from "./bulk.js";
import { ask } from "./dialog.js";
import { addFiles } from "./files.js";
import { t } from "./words.js";

/** @typedef {import("./request.js").View} View */

/** @param {{view: View, reread: () => Promise<void>}} props */
export function Actions({ view, reread }) {
  const open = view.status === "inProgress";
  const manual = view.issuer === "Unknown";
  const may = (/** @type {string} */ verb) => view.may.includes(/** @type {any} */ (verb)) && !view.observed;
  const current = open ? view.request_id : view.current;
  const done = async () => {
    await Promise.all([reread(), refreshAfter()]);
  };
  return html`<div class="buttons">
    ${open && manual && may("return") && html`<label class="button main">${t("act.return")}
      <input type="file" class="hidden" multiple onChange=${(/** @type {any} */ event) => addFiles(event.target.files)} /></label>`}
    ${!open && !current && may("request") && html`<a class=${view.state === "done" ? "button" : "button main"} href=${address("new", [], { vault: view.vault, name: view.name })}>${t(view.state === "done" ? "act.next" : "act.again")}</a>`}
    ${open && view.may.includes("acknowledge") && html`<button onClick=${() => acknowledge([view])}>${t("act.acknowledge")}</button>`}
    ${open && !manual && may("cancel") && !view.cancel_asked && html`<button onClick=${() => cancel(view, done)}>${t("act.cancel")}</button>`}
    ${open && may("delete") && html`<button class="danger" onClick=${() => remove(view, done)}>${t("act.delete")}</button>`}
    ${open && may("request") && may("delete") && html`<a class="button" href=${address("new", [], { vault: view.vault, name: view.name, replace: view.request_id })}>${t("act.replace")}</a>`}
  </div>`;
}

/** @param {View} view
 * @param {() => Promise<void>} done */
const cancel = (view, done) =>
  ask({
    title: t("cancel.title", { name: view.name }),
    text: html`<p>${t("cancel.text", { issuer: view.issuer })}</p>`,
    yes: t("cancel.yes"),
    act: async () => {
      await json("PATCH", pathOf(view, "/pending"), { query: { request_id: view.request_id }, json: { cancellation_requested: true } });
      await done();
      return t("cancel.done", { name: view.name });
    },
  });

/** @param {View} view
 * @param {() => Promise<void>} done */
const remove = (view, done) =>
  ask({
    title: t("delete.title", { name: view.name }),
    text: html`<p>${t(view.issuer === "Unknown" ? "delete.text-own" : "delete.text-issuer", { issuer: view.issuer })}</p>`,
    yes: t("delete.yes"),
    danger: true,
    act: async () => {
      await json("DELETE", pathOf(view, "/pending"), { query: { request_id: view.request_id } });
      await done();
      return t("delete.done", { name: view.name });
    },
  });

// What is around every view: where one can go, who one is, and what is wrong with what is shown.
import { html, useEffect, useSignal } from "./v/vendor.js";
import { access } from "./access.js";
import { place } from "./address.js";
import { OneApproval } from "./approval.js";
import { Approvals, hasApprovals, isMine, waiting } from "./approvals.js";
import { board, known, now, refresh, rows } from "./board.js";
import { Dialog, forgetSaid, said, wordsOf } from "./dialog.js";
import { Drop } from "./drop.js";
import { unsent } from "./files.js";
import { Keys } from "./keys.js";
import { begun, New } from "./new.js";
import { Request } from "./request.js";
import { Requests } from "./requests.js";
import { redirect, renewByPopup, session } from "./session.js";
import { ToSign } from "./sign.js";
import { newer } from "./version.js";
import { ago, moment, t } from "./words.js";

/** @type {Record<string, () => unknown>} */
const VIEWS = { requests: Requests, sign: ToSign, request: Request, drop: Drop, new: New, approvals: Approvals, approval: OneApproval };
const NAV = ["requests", "sign", "drop", "new", "approvals"];

/** The whole page. */
export function Shell() {
  const page = place.value.page || "requests";
  const View = Object.hasOwn(VIEWS, page) ? VIEWS[page] : undefined; // not #/constructor
  useEffect(() => {
    forgetSaid();
    document.title = `${t(`title.${View ? page : "none"}`, { name: place.value.parts[1] ?? "" })} · Certflow`;
    document.querySelector("h1")?.setAttribute("tabindex", "-1");
    if (document.activeElement === document.body) document.querySelector("h1")?.focus();
  }, [page, place.value.parts.join("/")]);
  return html`
    <a class="skip" href="#main" onClick=${toMain}>${t("nav.skip")}</a>
    <header><a class="brand" href="#/requests">Certflow</a>
      <nav aria-label=${t("nav.title")}>${NAV.filter((one) => one !== "approvals" || hasApprovals()).map((one) => html`<a key=${one} href=${`#/${one}`} aria-current=${one === page ? "page" : undefined}>${t(`nav.${one}`)}${badge(one)}</a>`)}</nav>
      <span class="who" title=${(access.value?.caller.roles ?? []).join(", ")}>${access.value?.caller.name ?? ""}</span>
    </header>
    <${Bands} />
    <div role="status" aria-live="polite">${said.value && html`<div class="said band"><span>${said.value}</span>
      <button class="plain" onClick=${() => (said.value = "")}>${t("said.close")}</button></div>`}</div>
    <main id="main">${View ? html`<${View} key=${[page, ...place.value.parts, page === "new" && place.value.query].join("/")} />` : html`<h1>${t("title.none")}</h1><p><a href="#/requests">${t("nav.requests")}</a></p>`}</main>
    <${Dialog} /><${Keys} />`;
}

/** @param {Event} event */
function toMain(event) {
  event.preventDefault();
  document.querySelector("h1")?.focus();
}

/** How many wait there.
 * @param {string} page */
function badge(page) {
  if (page === "drop" && unsent.value) return html` <b>${unsent.value}</b>`;
  const mine = page === "approvals" ? (waiting.value ?? []).filter(isMine).length : 0;
  if (mine) return html` <b title=${t("nav.mine")}>${mine}</b>`;
  const urgent = page === "requests" ? rows.value.filter((row) => row.state === "stalled" || row.state === "failed").length : 0;
  return urgent ? html` <b title=${t("nav.urgent")}>${urgent}</b>` : null;
}

/** What is wrong, above everything. */
function Bands() {
  const down = Object.entries(board.value?.vaults ?? {}).filter(([, vault]) => vault.down_since);
  return html`<div class="bands">
    ${session.value.state === "ended" && html`<${Ended} />`}
    ${known.value.problem && html`<div class="band warning" role="status">${t("band.old")} <span lang="en">${wordsOf(known.value.problem)}</span>
      ${board.value && t("band.as-of", { when: moment(new Date(known.value.at)), age: ago(known.value.at, now.value) })}
      <button onClick=${refresh}>${t("band.again")}</button></div>`}
    ${newer.value && html`<div class="band" role="status">${t("band.newer")} <button onClick=${() => location.reload()}>${t("band.reload")}</button></div>`}
    ${down.map(([alias, vault]) => html`<div key=${alias} class="band warning" role="status">
      ${t("band.vault", { vault: alias, when: moment(vault.down_since ?? ""), age: ago(vault.down_since ?? "", now.value) })}</div>`)}
  </div>`;
}

/** The session has ended: nothing on the page is lost, and what was asked for goes on after the popup. */
function Ended() {
  const blocked = useSignal(false);
  const count = unsent.value;
  return html`<div class="band danger" role="alert">
    <p><b>${t("session.ended")}</b> ${count > 0 ? t("session.keeps", { count }) : t("session.waits")} ${(count > 0 || begun()) && t("session.reload")}</p>
    ${session.value.other && html`<p>${t("session.somebody-else", { name: access.value?.caller.name ?? "" })}</p>`}
    ${session.value.words && html`<p class="note" lang="en">${session.value.words}</p>`}
    ${blocked.value && html`<p>${t("session.blocked")}</p>`}
    <button class="main" onClick=${() => (blocked.value = !renewByPopup())}>${t("session.again")}</button>
  </div>`;
}

/** The page of somebody whom Entra ID, or the API, does not let in.
 * @param {{words: string}} props */
export const Refused = ({ words }) => html`<main class="plain-page"><h1>${t("refused.title")}</h1>
  <p lang="en">${words}</p><button class="main" onClick=${() => redirect("select_account")}>${t("refused.again")}</button></main>`;

/** The page while the API does not answer.
 * @param {{words: string}} props */
export const Away = ({ words }) => html`<main class="plain-page"><h1>${t("away.title")}</h1>
  <p lang="en">${words}</p><button class="main" onClick=${() => location.reload()}>${t("band.again")}</button></main>`;

/** The page where nobody can sign in here.
 * @param {{why: string}} props */
export const Without = ({ why }) => html`<main class="plain-page"><h1>${t("without.title")}</h1><p>${t(`without.${why}`)}</p>
  <p>${t("without.api")}</p></main>`;

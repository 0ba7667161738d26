// Begins: the words, who is signed in, what they may do, then the page.
import { effect, html, render } from "./v/vendor.js";
import { loadAccess } from "./access.js";
import { Problem } from "./api.js";
import { hasApprovals, watchApprovals } from "./approvals.js";
import { watchBoard } from "./board.js";
import { wordsOf } from "./dialog.js";
import { acceptDrops, unsent } from "./files.js";
import { begun } from "./new.js";
import { BASE, session, start } from "./session.js";
import { Away, Refused, Shell, Without } from "./shell.js";
import { watchVersion } from "./version.js";
import { loadWords } from "./words.js";

async function main() {
  const [config] = await Promise.all([fetch(new URL("config.json", BASE)).then((answer) => answer.json()), loadWords("en")]);
  if (config.without) return show(html`<${Without} why=${config.without} />`);
  if (!(await start(config))) return; // this window goes on elsewhere
  if (session.value.state === "refused") return show(html`<${Refused} words=${session.value.words} />`);
  // The app answers the first at once: the page is drawn while it makes the board.
  const [allowed, board] = [loadAccess(), watchBoard()];
  // A token that is new and that the API does not take is no session that could be renewed.
  const stop = effect(() => {
    if (session.value.state === "ended") show(html`<${Refused} words=${session.value.words} />`);
  });
  try {
    await allowed;
  } catch (error) {
    const away = error instanceof Problem && (error.status === 0 || error.status === 429 || error.status >= 500);
    return show(html`<${away ? Away : Refused} words=${wordsOf(error)} />`);
  } finally {
    stop();
  }
  acceptDrops();
  watchVersion(config.build);
  if (hasApprovals()) watchApprovals();
  show(html`<${Shell} />`);
  guard();
  await board;
}

/** A reload asks first while something on the page would be lost. */
function guard() {
  const hold = (/** @type {Event} */ event) => event.preventDefault();
  effect(() => {
    if (unsent.value || begun()) addEventListener("beforeunload", hold);
    else removeEventListener("beforeunload", hold);
  });
  // Meanwhile the grants may have changed.
  let before = session.value.state;
  effect(() => {
    const state = session.value.state;
    if (state === "signed-in" && before === "ended") loadAccess().catch(() => undefined); // the former are shown, and the API decides
    before = state;
  });
}

/** @param {unknown} view */
const show = (view) => render(/** @type {any} */ (view), document.body);

main().catch((error) => {
  // Not even the words may be there.
  document.getElementById("failed")?.removeAttribute("hidden");
  throw error;
});

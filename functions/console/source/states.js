// How a state of a request is shown: by a mark, a word and a tone, never by colour alone.
import { html } from "./v/vendor.js";
import { t } from "./words.js";

const MARKS = /** @type {Record<string, string>} */ ({
  stalled: "▲", failed: "✕", "your-turn": "✎", "in-progress": "◔", asked: "○", done: "✓", cancelled: "–",
});

/** @param {{state: string}} props */
export const State = ({ state }) =>
  html`<span class=${`state ${state}`}><span aria-hidden="true">${MARKS[state] ?? "?"}</span> ${t(`state.${state}`)}</span>`;

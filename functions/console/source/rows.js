// A table of thousands of rows, of which only those in sight are drawn.
import { html, useEffect, useLayoutEffect, useRef, useState } from "./v/vendor.js";

const BEYOND = 12; // rows that are drawn above and below those in sight

/** @template T
 * @typedef {{name: string, head: string, sorted?: string, cell: (row: T) => unknown, wide?: boolean}} Column */

/** A table by the window's own scrolling. Rows have one height, which the style sheet sets by the width of the window.
 * @template T
 * @param {{label: string, columns: Column<T>[], rows: T[], keyOf: (row: T) => string, sort: string, onSort: (name: string) => void,
 *          selected?: Set<string>, tone?: (row: T) => string}} props */
export function Table({ label, columns, rows, keyOf, sort, onSort, selected, tone }) {
  const body = useRef(/** @type {HTMLElement | null} */ (null));
  const [[first, last], show] = useState([0, 40]);
  const height = useRef(44);

  useLayoutEffect(() => {
    const look = () => {
      if (!body.current) return;
      height.current = parseFloat(getComputedStyle(body.current).getPropertyValue("--row")) || 44;
      const above = -body.current.getBoundingClientRect().top / height.current;
      const from = Math.max(0, Math.floor(above) - BEYOND);
      const to = Math.ceil(above + innerHeight / height.current) + BEYOND;
      show((before) => (before[0] === from && before[1] === to ? before : [from, to]));
    };
    look();
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
      removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, [rows.length]);

  useEffect(() => {
    body.current?.style.setProperty("height", `${rows.length * height.current}px`);
  });

  return html`<div role="table" class="table" aria-label=${label} aria-rowcount=${rows.length + 1} onKeyDown=${arrows}>
    <div role="rowgroup" class="head"><div role="row" aria-rowindex="1" class="row">
      ${columns.map((one) => html`<${Head} key=${one.name} column=${one} sort=${sort} onSort=${onSort} />`)}
    </div></div>
    <div role="rowgroup" class="body" ref=${body}>
      ${rows.slice(first, last).map((row, i) => {
        const key = keyOf(row);
        const place = first + i;
        return html`<div role="row" key=${key} class=${`row ${tone?.(row) ?? ""}`} aria-rowindex=${place + 2} data-place=${place}
          aria-selected=${selected ? selected.has(key) : undefined} ref=${at(place)}>
          ${columns.map((one) => html`<div role="cell" key=${one.name} class=${`cell ${one.name}`}>${one.cell(row)}</div>`)}
        </div>`;
      })}
    </div>
  </div>`;
}

/** Puts a row where it belongs, by a style that a page without inline styles may set.
 * @param {number} place */
const at = (place) => (/** @type {HTMLElement | null} */ row) => {
  row?.style.setProperty("--place", `${place}`);
};

/** @param {{column: Column<any>, sort: string, onSort: (name: string) => void}} props */
function Head({ column, sort, onSort }) {
  const { name, head, sorted } = column;
  if (!sorted) return html`<div role="columnheader" class=${`cell ${name}`}>${head}</div>`;
  const [by, down] = sort.startsWith("-") ? [sort.slice(1), true] : [sort, false];
  const order = by !== name ? "none" : down ? "descending" : "ascending";
  const next = by === name && !down ? `-${name}` : name;
  return html`<div role="columnheader" class=${`cell ${name}`} aria-sort=${order}>
    <button class="plain" title=${sorted} onClick=${() => onSort(next)}>${head}<span aria-hidden="true">${MARKS[order]}</span></button>
  </div>`;
}

const MARKS = { none: "", ascending: " ↑", descending: " ↓" };

/** Arrow keys go from row to row, by the link in each.
 * @param {KeyboardEvent} event */
function arrows(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const row = event.target instanceof Element ? event.target.closest("[data-place]") : null;
  if (!step || !(row instanceof HTMLElement) || !(event.target instanceof HTMLAnchorElement)) return;
  const next = row.parentElement?.querySelector(`[data-place="${Number(row.dataset.place) + step}"] a`);
  if (next instanceof HTMLElement) {
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
}

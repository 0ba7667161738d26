// The words of the page: all come from a catalogue (text/en.json), dates and numbers from Intl.

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

// With its zone: colleagues send each other what they read here.
/** @type {Intl.DateTimeFormatOptions} */
const MOMENT = { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" };

/** @type {Record<string, string>} */
let catalogue = {};
// Made once: a formatter takes longer to make than a table of rows to draw.
let format = formats("en");

/** @param {string} language */
function formats(language) {
  const unit = (/** @type {string} */ one) => new Intl.NumberFormat(language, { style: "unit", unit: one, unitDisplay: "long" });
  return {
    plural: new Intl.PluralRules(language),
    number: new Intl.NumberFormat(language),
    moment: new Intl.DateTimeFormat(language, MOMENT),
    day: new Intl.DateTimeFormat(language, { dateStyle: "medium" }),
    relative: new Intl.RelativeTimeFormat(language, { numeric: "auto" }),
    units: new Map(UNITS.map(([one]) => [one, unit(one)])),
  };
}

/** Loads the catalogue of a language, before anything is drawn.
 * @param {string} chosen */
export async function loadWords(chosen) {
  const answer = await fetch(new URL(`../text/${chosen}.json`, import.meta.url));
  catalogue = await answer.json();
  format = formats(chosen);
  document.documentElement.lang = chosen;
}

/** The words of a key, with values in the place of {their name}; `count` chooses between key.one and key.other.
 * @param {string} key
 * @param {Record<string, string | number>} [values] */
export function t(key, values = {}) {
  const counted = typeof values.count === "number" ? `${key}.${format.plural.select(values.count)}` : key;
  const text = catalogue[counted] ?? catalogue[`${key}.other`] ?? catalogue[key];
  if (text === undefined) {
    console.error(`no words for ${key}`);
    return key;
  }
  return text.replace(/\{(\w+)\}/g, (_, name) => (typeof values[name] === "number" ? number(values[name]) : `${values[name] ?? ""}`));
}

/** The words of the first key all of whose values are known: sentences of which a part may be missing come in several.
 * @param {string[]} keys
 * @param {Record<string, string | number>} values */
export function fullest(keys, values) {
  const needed = (/** @type {string} */ key) => [...(catalogue[key] ?? "").matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
  const key = keys.find((one) => knows(one) && needed(one).every((name) => name in values));
  return key ? t(key, values) : "";
}

/** Whether the catalogue has words for a key: codes of a newer API may have none yet.
 * @param {string} key */
export const knows = (key) => key in catalogue;

/** @param {number} value */
export const number = (value) => format.number.format(value);

/** A moment as people of here write it.
 * @param {string | Date} time */
export const moment = (time) => format.moment.format(new Date(time));

/** A day as people of here write it.
 * @param {string | Date} time */
export const day = (time) => format.day.format(new Date(time));

/** @param {number} seconds
 * @returns {[Intl.RelativeTimeFormatUnit, number]} */
const inUnits = (seconds) => {
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return [unit, Math.trunc(seconds / length)];
};

/** How long ago, or in how long: "3 days ago", "in 2 hours".
 * @param {string | number} time the latter in milliseconds
 * @param {number} now in milliseconds */
export function relative(time, now) {
  const [unit, value] = inUnits((new Date(time).getTime() - now) / 1000);
  return format.relative.format(value, unit);
}

/** How long ago something was that has happened, whatever a clock that is wrong says.
 * @param {string | number} time the latter in milliseconds
 * @param {number} now in milliseconds */
export const ago = (time, now) => relative(time, Math.max(now, new Date(time).getTime()));

/** A length of time in one unit: "3 days".
 * @param {number} seconds */
export function lasting(seconds) {
  const [unit, value] = inUnits(Math.max(0, seconds));
  return format.units.get(unit)?.format(value) ?? "";
}

// Whether the app serves another version of this page by now.
import { signal } from "./v/vendor.js";
import { BASE } from "./session.js";

const EVERY = 600_000; // milliseconds
export const newer = signal(false);

/** Asks now and then while the page is visible.
 * @param {string} build of this page */
export function watchVersion(build) {
  setInterval(async () => {
    if (document.hidden) return;
    const config = await fetch(new URL("config.json", BASE), { cache: "no-cache" }).then((answer) => answer.json()).catch(() => undefined);
    if (config?.build && config.build !== build) newer.value = true;
  }, EVERY);
}

// What the person may do. It only decides what is shown: the API alone decides what is done.
import { json } from "./api.js";
import { belongsTo } from "./session.js";
import { signal } from "./v/vendor.js";

/** @typedef {import("../../../local/console/types.d.ts").Schemas["Access"]} Access */

/** @type {import("../../../local/console/types.d.ts").Signal<Access | null>} */
export const access = signal(/** @type {Access | null} */ (null));

/** Asks who the person is to Certflow. Throws Problem. */
export async function loadAccess() {
  const read = await json("GET", "access");
  belongsTo(read.caller);
  access.value = read;
}

/** The person's sign-in name, in lower case, as owners and signers are written. */
export const me = () => (access.value?.caller.name ?? "").toLowerCase();

/** Whether some row grants a verb for anything: then a page about it is of use.
 * @param {string} verb */
export const mayAnywhere = (verb) => (access.value?.grants ?? []).some((row) => /** @type {any} */ (row).may?.includes(verb));

/** Whether a text of addresses names the person.
 * @param {string | null | undefined} addresses */
export const isMe = (addresses) => {
  const mine = me();
  return Boolean(mine && addresses && addresses.toLowerCase().match(/[^\s,;<>]+@[^\s,;<>]+/g)?.includes(mine));
};

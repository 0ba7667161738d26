// Who is signed in. Tokens are in memory only: a reload asks Entra ID again, which does not ask the person again.
//
// Whoever has something unsent on the page never leaves it: an ended session is renewed by a popup, which sends the answer of
// Entra ID back over a BroadcastChannel, since its pages may cut the tie between a page and its popup.
import {
  authorizationCodeGrantRequest,
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomState,
  None,
  processAuthorizationCodeResponse,
  processRefreshTokenResponse,
  refreshTokenGrantRequest,
  ResponseBodyError,
  signal,
  validateAuthResponse,
} from "./v/vendor.js";

/** @typedef {{version: string, build: string, without?: string, authority?: string, tenant?: string, api?: string, page?: string}} Config */
/** @typedef {{verifier: string, state: string}} Flow */
/** @typedef {{access: string, refresh?: string, ends: number}} Tokens  `ends`: from then on no call begins with it */

/** The folder of the page, …/api/console/, of which the script is v/{build}/v/app.js, and that of the API. */
export const BASE = new URL("../../../", import.meta.url);
export const API = new URL("../", BASE);
const KEPT = "certflow-sign-in";
const POPUP = "popup.";
const EARLY = 60_000; // milliseconds before a token ends in which no call begins with it
const HOUR = 3600; // seconds that a token is taken to be good for where Entra ID does not say

/** `signed-in`; `ended`: what is on the page waits for a popup; `refused`: nobody is in, and `words` say why. `other`: in the
 * popup somebody else has signed in. */
export const session = signal({ state: "out", words: "", other: false });
/** @type {Tokens | undefined} */
let tokens;
/** @type {Promise<void> | undefined} */
let renewing;
/** @type {(() => void)[]} */
let waiting = [];
/** @type {BroadcastChannel | undefined} of the popup that was opened last */
let channel;
/** @type {string | undefined} */
let person;
/** @type {Config} */
let config;

/** @returns {import("../../../local/console/types.d.ts").AuthorizationServer} */
const server = () => {
  const at = `${config.authority}/${config.tenant}`;
  const endpoints = { authorization_endpoint: `${at}/oauth2/v2.0/authorize`, token_endpoint: `${at}/oauth2/v2.0/token` };
  return { issuer: `${at}/v2.0`, ...endpoints };
};
const client = () => ({ client_id: /** @type {string} */ (config.page) });
const scope = () => `api://${config.api}/access_as_user offline_access`;

/** Signs in, or goes on with a sign-in that comes back here. Returns whether this window goes on.
 * @param {Config} given */
export async function start(given) {
  config = given;
  const answer = new URLSearchParams(location.hash.slice(1));
  const state = answer.get("state");
  if (!state || !(answer.has("code") || answer.has("error"))) return redirect();
  history.replaceState(null, "", BASE.pathname);
  if (state.startsWith(POPUP)) {
    new BroadcastChannel(KEPT).postMessage(answer.toString());
    close();
    return false;
  }
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  sessionStorage.removeItem(KEPT);
  // Nobody here has asked for it: a link may say anything, so that not even its words are shown.
  if (kept?.state !== state) return redirect();
  history.replaceState(null, "", `${BASE.pathname}${kept.back}`);
  dispatchEvent(new HashChangeEvent("hashchange"));
  try {
    await redeem(answer, kept);
  } catch (error) {
    session.value = { state: "refused", words: wordsOf(error), other: false };
  }
  return true;
}

/** Leaves the page for Entra ID, which comes back to it.
 * @param {string} [prompt] */
export async function redirect(prompt) {
  const flow = { verifier: generateRandomCodeVerifier(), state: generateRandomState() };
  sessionStorage.setItem(KEPT, JSON.stringify({ ...flow, back: location.hash }));
  location.assign(await authorize(flow, prompt));
  return false;
}

/** Signs in again beside the page. Has to be called by a click, because browsers stop other popups. Returns whether the
 * browser has let it open. */
export function renewByPopup() {
  const popup = open("about:blank", "certflow-sign-in", "popup,width=520,height=680");
  if (!popup) return false;
  const flow = { verifier: generateRandomCodeVerifier(), state: POPUP + generateRandomState() };
  channel?.close();
  const mine = (channel = new BroadcastChannel(KEPT));
  mine.onmessage = async (message) => {
    const answer = new URLSearchParams(message.data);
    if (answer.get("state") !== flow.state) return; // of another tab
    mine.close();
    try {
      await redeem(answer, flow);
    } catch (error) {
      session.value = { state: "ended", words: wordsOf(error), other: error instanceof Other };
    }
  };
  authorize(flow).then((url) => (popup.location.href = url));
  return true;
}

/** Whose page this is, from now on: what is on it, and what was begun, is theirs alone.
 * @param {Caller} caller */
export const belongsTo = (caller) => (person ??= idOf(caller));

/** @typedef {{tid?: string, oid?: string, name?: string}} Caller */
/** @param {Caller} caller */
const idOf = ({ tid, oid, name }) => JSON.stringify([tid, oid ?? name]);

class Other extends Error {}

/** Calls that wait would be done in the name of whoever signs in, so that only the same person may go on. Throws Other.
 * @param {string} bearer */
async function check(bearer) {
  const answer = await fetch(new URL("access", API), { headers: { Authorization: `Bearer ${bearer}` }, cache: "no-store" });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body?.error?.message ?? `${answer.status}`);
  if (idOf(body.caller) !== person) throw new Other("");
}

/** The token for a call. It is renewed shortly before its end; when it cannot be, this waits for the person. */
export async function token() {
  for (;;) {
    if (tokens && tokens.ends > Date.now()) return tokens.access;
    if (session.value.state === "ended") await new Promise((resolve) => waiting.push(() => resolve(undefined)));
    else await (renewing ??= renew().finally(() => (renewing = undefined)));
  }
}

/** The API did not take this token: it is renewed once; then the session has ended.
 * @param {string} refused
 * @param {string} words of the API
 * @param {boolean} again whether it did not take the one before either */
export function rejected(refused, words, again) {
  if (tokens?.access !== refused) return; // another call has renewed it
  if (again || !tokens.refresh) ended(words);
  else tokens = { ...tokens, ends: 0 };
}

async function renew() {
  if (!tokens?.refresh) return ended("");
  const asked = await refreshTokenGrantRequest(server(), client(), None(), tokens.refresh, {
    additionalParameters: { scope: scope() },
  });
  try {
    keep(await processRefreshTokenResponse(server(), client(), asked));
  } catch (error) {
    // 429 and the like pass by themselves.
    if (!(error instanceof ResponseBodyError) || ![400, 401].includes(error.status)) throw error;
    ended(wordsOf(error));
  }
}

/** @param {string} words */
function ended(words) {
  tokens = undefined;
  session.value = { state: "ended", words, other: false };
}

/** @param {URLSearchParams} answer
 * @param {Flow | null} flow */
async function redeem(answer, flow) {
  if (answer.has("error")) throw new Error(answer.get("error_description") ?? `${answer.get("error")}`);
  const valid = validateAuthResponse(server(), client(), answer, flow?.state ?? "");
  const asked = await authorizationCodeGrantRequest(server(), client(), None(), valid, BASE.href, flow?.verifier ?? "");
  const granted = await processAuthorizationCodeResponse(server(), client(), asked);
  if (person) await check(granted.access_token);
  keep(granted);
}

/** @param {import("../../../local/console/types.d.ts").TokenEndpointResponse} answer */
function keep(answer) {
  // A token that is good for a minute or less is still used, or each would be renewed at once.
  const life = 1000 * (answer.expires_in ?? HOUR);
  const ends = Date.now() + (life > EARLY ? life - EARLY : life / 2);
  tokens = { access: answer.access_token, refresh: answer.refresh_token ?? tokens?.refresh, ends };
  session.value = { state: "signed-in", words: "", other: false };
  for (const go of waiting.splice(0)) go();
}

/** @param {Flow} flow
 * @param {string} [prompt] */
async function authorize(flow, prompt) {
  const url = new URL(/** @type {string} */ (server().authorization_endpoint));
  const asked = {
    client_id: client().client_id,
    response_type: "code",
    response_mode: "fragment", // a code stands in no server's log
    redirect_uri: BASE.href,
    scope: scope(),
    state: flow.state,
    code_challenge: await calculatePKCECodeChallenge(flow.verifier),
    code_challenge_method: "S256",
    ...(prompt ? { prompt } : {}),
  };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  return url.href;
}

/** @param {unknown} error */
const wordsOf = (error) =>
  error instanceof ResponseBodyError ? (error.error_description ?? error.error) : error instanceof Error ? error.message : `${error}`;

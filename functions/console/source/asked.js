// What the form for a new request says, as the body that Key Vault takes, and the same as a command.

/** @typedef {{vault: string, name: string, subject: string, names: string, issuer: string, key: string, months: string, owner: string,
 *   signer: string, exportable: boolean, stored: boolean, replace: string}} Form  `replace`: the id of the request whose place
 *   the new one takes */

export const KEYS = ["RSA 2048", "RSA 3072", "RSA 4096", "EC P-256", "EC P-384", "EC P-521"];
/** @type {Form} */
export const EMPTY = {
  vault: "", name: "", subject: "", names: "", issuer: "", key: "RSA 2048", months: "6", owner: "", signer: "", exportable: false, stored: false,
  replace: "",
};

/** The alternative names that somebody has written, one a line or with commas.
 * @param {string} text */
export const namesOf = (text) => text.split(/[\s,;]+/).filter(Boolean);

/** The body of the create.
 * @param {Form} form */
export function bodyOf(form) {
  const people = { ...(form.owner.trim() && { owner: form.owner.trim() }), ...(form.signer.trim() && { signer: form.signer.trim() }) };
  const more = { ...people, ...(form.replace && { if_pending: "replace" }) };
  return form.stored ? more : { policy: policyOf(form), ...more };
}

/** @param {Form} form */
function policyOf(form) {
  const names = namesOf(form.names);
  const [kind = "RSA", size = "2048"] = form.key.split(" ");
  const key = kind === "EC" ? { kty: "EC", crv: size } : { kty: "RSA", key_size: Number(size) };
  const months = Number(form.months);
  return {
    key_props: { exportable: form.exportable, ...key },
    x509_props: {
      subject: form.subject.trim() || (names[0] ? `CN=${names[0]}` : ""),
      ...(names.length && { sans: { dns_names: names } }),
      ...(months && { validity_months: months }),
    },
    ...(form.issuer && { issuer: { name: form.issuer } }),
  };
}

/** The same as a command for a shell. The token is the person's own, so the command takes one from the environment.
 * @param {string} url
 * @param {unknown} body */
export const curlOf = (url, body) =>
  `curl -X POST '${url}' \\\n  -H "Authorization: Bearer $TOKEN" \\\n  -d '${JSON.stringify(body, null, 2).replaceAll("'", "'\\''")}'`;

/** The field that a refusal of the API is about: its message begins with the path of what is wrong.
 * @param {string} message */
export function fieldOf(message) {
  const path = /^[\w.[\]-]+(?=[: ])/.exec(message)?.[0] ?? "";
  return FIELDS.find(([part]) => path === part || path.includes(part))?.[1] ?? "";
}

/** @type {[string, keyof Form][]} */
const FIELDS = [
  ["sans", "names"], ["subject", "subject"], ["validity_months", "months"], ["key_props", "key"], ["issuer", "issuer"], ["owner", "owner"],
  ["signer", "signer"], ["name", "name"], ["vault", "vault"],
];

// Gives the browser something to save, or to keep on the clipboard.

/** @param {string} name
 * @param {Blob} content */
export function save(name, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Saves what the API answered, by the name that it gives.
 * @param {Response} answer
 * @param {string} otherwise */
export async function saveAnswer(answer, otherwise) {
  const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1];
  save(name ?? otherwise, await answer.blob());
}

/** A row of CSV; what a spreadsheet would take for a formula gets an apostrophe (OWASP, "CSV injection").
 * @param {string[]} values */
export const csvRow = (values) =>
  values.map((value) => `"${value.replace(/^\s*[=+\-@＝＋－＠]|^[\t\r\n]/, "'$&").replace(/[\r\n]+/g, " ").replace(/"/g, '""')}"`).join(",");

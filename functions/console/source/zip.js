// Files in one zip, uncompressed (PKWARE's APPNOTE 6.3.10, section 4.3): the doctor reads chains out of such.

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 255] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Fields of 2 or 4 bytes, the least significant byte first.
 * @param {[number, 2 | 4][]} fields */
function packed(fields) {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [, size]) => sum + size, 0)));
  let at = 0;
  for (const [value, size] of fields) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return new Uint8Array(view.buffer);
}

/** One zip with all files. Two of the same name both stay, each with its place before it.
 * @param {File[]} files
 * @returns {Promise<Blob>} */
export async function zipOf(files) {
  /** @type {BlobPart[]} */
  const parts = [];
  /** @type {BlobPart[]} */
  const central = [];
  let offset = 0;
  for (const [place, file] of files.entries()) {
    const content = new Uint8Array(await file.arrayBuffer());
    const name = new TextEncoder().encode(`${place + 1}/${file.name}`);
    /** @type {[number, 2 | 4][]} */
    const of = [[20, 2], [0x800, 2], [0, 2], [0, 2], [0x21, 2], [crc32(content), 4], [content.length, 4], [content.length, 4], [name.length, 2], [0, 2]];
    parts.push(packed([[0x04034b50, 4], ...of]), name, content);
    central.push(packed([[0x02014b50, 4], [20, 2], ...of, [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]]), name);
    offset += 30 + name.length + content.length;
  }
  const size = new Blob(central).size;
  const end = packed([[0x06054b50, 4], [0, 2], [0, 2], [files.length, 2], [files.length, 2], [size, 4], [offset, 4], [0, 2]]);
  return new Blob([...parts, ...central, end]);
}

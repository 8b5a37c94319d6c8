// Tokens as files, made here: the text is not sent again.

const FORMULA = /^ *[=+\-@\t\r\n＝＋－＠]/;
const SLICE = 5000; // tokens between two pauses
const FIELDS = ["place", "id", "bytes", "text", "note", "change"];

function record(entry, n) {
  const { tokens, index, op } = entry;
  const share = tokens.share(index);
  return {
    place: n + 1,
    id: tokens.id(index),
    bytes: tokens.hex(index).join(" "),
    text: tokens.text(index),
    note: [share, tokens.notes.get(index)].filter(Boolean).join("; "),
    change: op,
  };
}

/** Return what CSV shows for a value; text never as a formula. */
export function cell(value) {
  if (value === null) return "";
  if (typeof value === "number") return `${value}`;
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return `"${safe.replaceAll('"', '""')}"`;
}

/**
 * Return the entries as the text of a file, in parts.
 * @param {import("./tokenize-chips.js").Sequence} sequence
 * @param {"csv" | "json"} format
 * @param {() => Promise<void>} pause
 * @returns {Promise<string[]>}
 */
export async function fileOf(sequence, format, pause) {
  const parts = [format === "csv" ? `${FIELDS.map(cell).join(",")}\r\n` : "["];
  for (let from = 0; from < sequence.length; from += SLICE) {
    let text = "";
    for (let n = from; n < Math.min(from + SLICE, sequence.length); n += 1) {
      const made = record(sequence.at(n), n);
      if (format === "csv") text += `${FIELDS.map((name) => cell(made[name])).join(",")}\r\n`;
      else text += `${n ? ",\n" : "\n"}${JSON.stringify(made)}`;
    }
    parts.push(text);
    await pause();
  }
  if (format === "json") parts.push("\n]\n");
  return parts;
}

/** Hand a file to the browser. */
export function download(parts, name, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

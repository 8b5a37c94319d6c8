// Tokens as data: 1 MB of text has some hundred thousand of them, so they are kept in
// few long arrays, and text is made of their bytes only where it is shown.

const LINE_END = 0x0a;
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/u;

/** @typedef {[number | null, string | null, string?, number?, string?]} Row see tokens.py */
/** @typedef {{text: string, kind: "plain" | "mark" | "bytes"}} Piece */

/** The tokens of one text under one model. */
export class Tokens {
  /** @param {string} model */
  constructor(model) {
    this.model = model;
    this.once = null; // ticks as input, once
    this.ids = [];
    this.ends = []; // of its bytes
    this.chars = []; // characters that begin in it, line ends not counted
    this.data = new Uint8Array(1 << 16);
    this.lineEnds = new Map(); // number of line ends by token
    this.notes = new Map();
    this.labels = new Map();
    this.joined = new Set(); // those that go on with the character before
    this.signs = new Map();
  }

  get length() {
    return this.ids.length;
  }

  get size() {
    return this.ends.at(-1) ?? 0;
  }

  /**
   * Take one slice of the answer.
   * @param {Row[]} rows
   * @param {Object<string, [string, string, boolean]>} signs
   */
  add(rows, signs) {
    for (const [character, sign] of Object.entries(signs)) this.signs.set(character, sign);
    for (const [id, hex, note, joined, label] of rows) {
      const at = this.ids.length;
      this.ids.push(id ?? -1);
      this.take(hex ?? "", at);
      if (note) this.notes.set(at, note);
      if (joined) this.joined.add(at);
      if (hex === null) this.labels.set(at, label ?? "");
    }
  }

  take(hex, at) {
    const start = this.size;
    const count = hex.length / 2;
    if (start + count > this.data.length) {
      const larger = new Uint8Array(Math.max(this.data.length * 2, start + count));
      larger.set(this.data);
      this.data = larger;
    }
    let characters = 0;
    let ends = 0;
    for (let place = 0; place < count; place += 1) {
      const byte = Number.parseInt(hex.slice(place * 2, place * 2 + 2), 16);
      this.data[start + place] = byte;
      if (byte === LINE_END) ends += 1;
      else if ((byte & 0xc0) !== 0x80) characters += 1;
    }
    if (ends) this.lineEnds.set(at, ends);
    this.chars.push(characters);
    this.ends.push(start + count);
  }

  id(at) {
    return this.ids[at] < 0 ? null : this.ids[at];
  }

  bytes(at) {
    return this.data.subarray(at ? this.ends[at - 1] : 0, this.ends[at]);
  }

  hex(at) {
    return [...this.bytes(at)].map((byte) => byte.toString(16).padStart(2, "0").toUpperCase());
  }

  /** Return first and last of the tokens that share a character with this one. */
  group(at) {
    let first = at;
    let last = at;
    while (first > 0 && this.joined.has(first)) first -= 1;
    while (this.joined.has(last + 1)) last += 1;
    return [first, last];
  }

  /** Return the bytes of some tokens as text. */
  text(first, last = first) {
    if (this.labels.has(first)) return this.labels.get(first);
    return new TextDecoder().decode(this.data.subarray(first ? this.ends[first - 1] : 0, this.ends[last]));
  }

  /**
   * Return what a token shows. A character stands in the token that begins it; those
   * that go on with it show their bytes.
   * @param {number} at
   * @returns {Piece[]}
   */
  pieces(at) {
    if (this.labels.has(at)) return [{ text: this.labels.get(at), kind: "plain" }];
    const start = at ? this.ends[at - 1] : 0;
    const end = this.ends[at];
    const pieces = [];
    const add = (text, kind, apart) => {
      const last = pieces.at(-1);
      if (last?.kind === kind && !apart) last.text += text;
      else pieces.push({ text, kind });
    };
    let place = start;
    while (place < end) {
      const [length, character] = this.characterAt(place);
      if (character === null) {
        add(`${pieces.at(-1)?.kind === "bytes" ? " " : ""}${this.data[place].toString(16).padStart(2, "0").toUpperCase()}`, "bytes");
        place += 1;
        continue;
      }
      const mark = this.markOf(character);
      if (mark) add(mark, "mark", mark.length > 1);
      else if (place === start && /\p{M}/u.test(character)) add(`◌${character}`, "plain");
      else add(character, "plain");
      place += length;
    }
    return pieces;
  }

  /** Return length and text of the character that begins at a byte; null if none does. */
  characterAt(place) {
    const lead = this.data[place];
    if (lead < 0x80) return [1, String.fromCharCode(lead)];
    const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
    if (!length || place + length > this.size) return [1, null];
    try {
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
      return [length, text.decode(this.data.subarray(place, place + length))];
    } catch {
      return [1, null];
    }
  }

  markOf(character) {
    if (character === " ") return "·";
    if (character === "\n") return "↵";
    const sign = this.signs.get(character);
    if (sign) return sign[0];
    const code = character.codePointAt(0);
    return UNSEEN.test(character) ? `U+${code.toString(16).toUpperCase().padStart(4, "0")}` : "";
  }

  /** Return the note of a token that shares a character with others, else "". */
  share(at) {
    const [first, last] = this.group(at);
    if (first === last) return "";
    const count = this.cutCharacters(first, last);
    return count === 1 ? `one character in ${last - first + 1} tokens` : `${count} characters over ${last - first + 1} tokens`;
  }

  cutCharacters(first, last) {
    const text = this.text(first, last);
    const parts = globalThis.Intl?.Segmenter ? new Intl.Segmenter().segment(text) : Array.from(text, (segment) => ({ segment }));
    const encoder = new TextEncoder();
    let place = first ? this.ends[first - 1] : 0;
    let border = first;
    let cut = 0;
    for (const { segment } of parts) {
      const start = place;
      place += encoder.encode(segment).length;
      while (border < last && this.ends[border] <= start) border += 1;
      if (border < last && this.ends[border] < place) cut += 1;
    }
    return Math.max(cut, 1);
  }

  /**
   * Return the lines: where each begins, its tokens and its characters. A token counts
   * for the line on which it begins.
   * @returns {{first: number, tokens: number, chars: number}[]}
   */
  lines() {
    const lines = [];
    let line = { first: 0, tokens: 0, chars: 0 };
    for (let at = 0; at < this.length; at += 1) {
      line.tokens += 1;
      const ends = this.lineEnds.get(at);
      if (!ends) {
        line.chars += this.chars[at];
        continue;
      }
      const bytes = this.bytes(at);
      for (const byte of bytes) {
        if (byte === LINE_END) {
          lines.push(line);
          line = { first: at + 1, tokens: 0, chars: 0 };
        } else if ((byte & 0xc0) !== 0x80) line.chars += 1;
      }
    }
    if (line.tokens || line.chars || !lines.length) lines.push(line);
    return lines;
  }
}

/** Return whole ticks as dollars, exactly. */
export function usd(ticks) {
  const whole = BigInt(ticks);
  const digits = (whole < 0n ? -whole : whole).toString().padStart(11, "0");
  const fraction = digits.slice(-10).replace(/0{1,8}$/, "");
  return `${whole < 0n ? "−" : ""}$${digits.slice(0, -10)}.${fraction}`;
}

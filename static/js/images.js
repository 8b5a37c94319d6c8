// Images of the next prompt: chosen, pasted or dropped, and checked by the server.
//
// What is sent is what the server drew anew. They live in the page alone, as data URLs
// inside the turns: {type: "image_url", image_url: {url}}.

import { copyOf } from "./fragments.js";

const KINDS = ["image/jpeg", "image/png", "image/webp"];
const MOST = 4; // in one conversation; the server holds to it as well
const KIB = 1024;

/** @typedef {{type: "text", text: string} | {type: "image_url", image_url: {url: string}}} Part */
/** @typedef {string | Part[]} Content */

/**
 * @param {Content} content
 * @returns {string}
 */
export function textOf(content) {
  if (typeof content === "string") return content;
  return content.filter((part) => part.type === "text").map((part) => part.text).join("\n");
}

/**
 * @param {Content} content
 * @returns {string[]} data URLs
 */
export function imagesOf(content) {
  if (typeof content === "string") return [];
  return content.filter((part) => part.type === "image_url").map((part) => part.image_url.url);
}

/**
 * Show the images of a turn that was sent, above its text.
 * @param {Element} turn
 * @param {Content} content
 */
export function showImages(turn, content) {
  const urls = imagesOf(content);
  urls.forEach((url, at) => {
    const shown = copyOf("attachment");
    shown.querySelector("[data-image-remove]").remove();
    fill(shown, { url, name: `Image ${at + 1}`, bytes: sizeOf(url) });
    turn.querySelector("[data-text]").before(shown);
  });
}

/** The images that wait beside the prompt. */
export class Attachments {
  /**
   * @param {HTMLFormElement} form the composer
   * @param {() => number} before how many images the conversation has already
   */
  constructor(form, before) {
    this.form = form;
    this.before = before;
    this.place = form.querySelector("[data-attachments]");
    this.wrong = form.querySelector("[data-image-wrong]");
    this.refusal = "";
    this.checking = 0;
    /** @type {{url: string, root: Element}[]} */
    this.ready = [];
    this.wire();
  }

  wire() {
    const file = this.form.querySelector("[data-image-file]");
    this.form.querySelector("[data-add-image]").addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      this.add([...file.files]);
      file.value = "";
    });
    this.form.addEventListener("paste", (event) => {
      const files = [...event.clipboardData.files];
      if (!files.length || event.clipboardData.getData("text/plain")) return;
      event.preventDefault();
      this.add(files);
    });
    const page = this.form.closest("[data-play]"); // a file is dropped anywhere near
    for (const name of ["dragenter", "dragover"]) {
      page.addEventListener(name, (event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        this.form.toggleAttribute("data-dropping", true);
      });
    }
    for (const name of ["dragleave", "drop"]) {
      page.addEventListener(name, () => this.form.removeAttribute("data-dropping"));
    }
    page.addEventListener("drop", (event) => {
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      this.add([...event.dataTransfer.files]);
    });
    document.addEventListener("model-facts", (event) => {
      this.refusal = event.detail.refused.images ?? "";
      const used = this.ready.length || this.before();
      this.complain(this.refusal && used ? `${this.refusal} This conversation has an image.` : "");
    });
  }

  /** @returns {boolean} whether the prompt must wait for an image */
  get busy() {
    return this.checking > 0;
  }

  /** @param {File[]} files */
  async add(files) {
    this.complain(this.refusal);
    if (this.refusal) return;
    const room = MOST - this.before() - this.ready.length - this.checking;
    if (files.length > room) this.complain(`A conversation may have ${MOST} images. Remove one, or start a new conversation.`);
    await Promise.all(files.slice(0, Math.max(0, room)).map((file) => this.check(file)));
  }

  async check(file) {
    if (file.type && !KINDS.includes(file.type)) {
      this.complain("Send a JPEG, a PNG or a WebP: the file is none of these.");
      return;
    }
    const root = copyOf("attachment");
    const name = file.name || "Pasted image";
    root.setAttribute("aria-busy", "true");
    root.querySelector("[data-image-name]").textContent = name;
    root.querySelector("[data-image-size]").textContent = "Checking";
    let dropped = false;
    root.querySelector("[data-image-remove]").addEventListener("click", () => {
      dropped = true;
      this.drop(root);
    });
    this.place.append(root);
    this.checking += 1;
    try {
      const image = await this.ask(file);
      if (dropped) return;
      root.removeAttribute("aria-busy");
      fill(root, { ...image, name });
      this.ready.push({ url: image.url, root });
    } catch (error) {
      root.remove();
      this.complain(error.message);
    } finally {
      this.checking -= 1;
    }
  }

  async ask(file) {
    const body = new FormData();
    body.set("image", file, "image");
    body.set("csrfmiddlewaretoken", this.form.elements.csrfmiddlewaretoken.value);
    let response;
    try {
      response = await fetch(this.place.dataset.url, { method: "POST", body });
    } catch {
      throw new Error("The connection to Gatehouse broke. Add the image again.");
    }
    if (response.ok && response.headers.get("content-type")?.startsWith("application/json")) return response.json();
    const plain = response.headers.get("content-type")?.startsWith("text/plain");
    if (plain) throw new Error(await response.text());
    throw new Error(response.status === 413 ? "The image is larger than 5 MB. Make it smaller." : "Gatehouse did not answer as it should. Reload the page.");
  }

  drop(root) {
    this.ready = this.ready.filter((one) => one.root !== root);
    root.remove();
    this.complain("");
    this.form.querySelector("[data-prompt]").focus();
  }

  complain(sentence) {
    this.wrong.hidden = !sentence;
    this.wrong.textContent = sentence;
  }

  /**
   * Return a prompt with the images, which stand beside it no more.
   * @param {string} text
   * @returns {Content}
   */
  takeWith(text) {
    const content = this.contentWith(text);
    this.clear();
    return content;
  }

  /**
   * Return a prompt with the images.
   * @param {string} text
   * @returns {Content}
   */
  contentWith(text) {
    const images = this.ready.map(({ url }) => ({ type: "image_url", image_url: { url } }));
    if (!images.length) return text;
    return text.trim() ? [...images, { type: "text", text }] : images;
  }

  /**
   * Put the images of a prompt back beside it, to be sent again.
   * @param {Content} content
   */
  putBack(content) {
    if (this.ready.length) return;
    for (const url of imagesOf(content)) {
      const root = copyOf("attachment");
      fill(root, { url, name: "Image", bytes: sizeOf(url) });
      root.querySelector("[data-image-remove]").addEventListener("click", () => this.drop(root));
      this.place.append(root);
      this.ready.push({ url, root });
    }
  }

  clear() {
    for (const { root } of this.ready) root.remove();
    this.ready = [];
    this.complain("");
  }
}

function fill(root, { url, name, bytes }) {
  const thumb = root.querySelector("[data-thumb]");
  const size = root.querySelector("[data-image-size]");
  root.querySelector("[data-image-name]").textContent = name;
  const kilobytes = `${Math.max(1, Math.round(bytes / KIB)).toLocaleString()} KB`;
  size.textContent = kilobytes;
  thumb.addEventListener("load", () => { size.textContent = `${thumb.naturalWidth} x ${thumb.naturalHeight}, ${kilobytes}`; });
  thumb.alt = name;
  thumb.src = url;
}

function sizeOf(url) {
  return Math.floor((url.length - url.indexOf(",") - 1) * 3 / 4);
}

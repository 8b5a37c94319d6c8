// HTML that came from our server while the page is open.

/**
 * Return nodes for HTML that the server made. It has escaped or sanitised whatever a
 * model or xAI wrote; parsed inside a template, nothing of it runs or loads either.
 * @param {string} html
 * @returns {DocumentFragment}
 */
export function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

/**
 * Return a copy of the element inside <template data-NAME-template>.
 * @param {string} name
 * @returns {HTMLElement}
 */
export function copyOf(name) {
  const template = document.querySelector(`template[data-${name}-template]`);
  return template.content.firstElementChild.cloneNode(true);
}

/**
 * @param {string} sentence
 * @returns {HTMLElement} a notice that nothing was sent, and why
 */
export function refused(sentence) {
  const notice = copyOf("refused");
  notice.querySelector("h3").textContent = sentence;
  return notice;
}

/**
 * Return what to show of an answer that is not the one asked for: the server's notice,
 * its one plain sentence, or our own words when it sent a whole page instead.
 * @param {Response} response
 * @returns {Promise<Node>}
 */
export async function refusalOf(response) {
  const text = await response.text();
  const kind = response.headers.get("content-type") ?? "";
  if (kind.startsWith("text/plain")) return refused(text);
  const ours = !response.redirected && !text.includes("<html") && text.includes("class=\"notice\"");
  return ours ? fragment(text) : copyOf("gone");
}

/**
 * Put content into an element and show it; without content hide it.
 * @param {HTMLElement} place
 * @param {Node | null} content
 */
export function show(place, content) {
  place.replaceChildren(...(content ? [content] : []));
  place.hidden = content === null;
}

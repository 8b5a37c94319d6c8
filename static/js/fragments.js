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
 * Put content into an element and show it; without content hide it.
 * @param {HTMLElement} place
 * @param {Node | null} content
 */
export function show(place, content) {
  place.replaceChildren(...(content ? [content] : []));
  place.hidden = content === null;
}

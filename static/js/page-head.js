// The head of a conversation that was new when its page was opened.

import { fragment } from "./fragments.js";

/**
 * Take title and acts over from the conversation's own page, which it has by now. The
 * page stays as it is where that fails: a reload shows them.
 * @param {Element} before where the acts belong
 */
export async function showHead(before) {
  if (document.querySelector("[data-acts]")) return;
  let page;
  try {
    const response = await fetch(window.location.href);
    if (!response.ok || response.redirected) return;
    page = fragment(await response.text());
  } catch {
    return;
  }
  const titles = page.querySelector("[data-titles]");
  if (!titles || document.querySelector("[data-acts]")) return;
  document.querySelector("[data-titles]").replaceWith(titles);
  before.before(...page.querySelectorAll("[data-acts]"));
  document.title = page.querySelector("title")?.textContent ?? document.title;
}

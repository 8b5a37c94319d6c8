// What is being written in this tab, kept over a reload: by person and page, in this tab
// alone, and until the person signs out.

const KEPT = "gatehouse.draft ";

/**
 * @param {string} name of person and page
 * @param {object | null} draft nothing forgets the one before
 */
export function keepDraft(name, draft) {
  try {
    if (draft) sessionStorage.setItem(KEPT + name, JSON.stringify(draft));
    else sessionStorage.removeItem(KEPT + name);
  } catch { /* too large, or private mode: this page only */ }
}

/**
 * @param {string} name
 * @returns {object | null}
 */
export function keptDraft(name) {
  try { return JSON.parse(sessionStorage.getItem(KEPT + name)); } catch { return null; }
}

function forget() {
  for (const name of Object.keys(sessionStorage)) if (name.startsWith(KEPT)) sessionStorage.removeItem(name);
}

// Signing out leaves the page, which is when its own draft is kept: this comes after it.
document.querySelector("[data-sign-out]")?.addEventListener("submit", () => window.addEventListener("pagehide", forget));

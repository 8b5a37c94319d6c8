// What is being written in this tab, kept over a reload: by person and page, in this tab
// alone, and until the person signs out, in whichever tab.

const KEPT = "gatehouse.draft ";
const tabs = new BroadcastChannel("gatehouse.signed-out");

let signedOut = false;

/**
 * @param {string} name of person and page
 * @param {object | null} draft nothing forgets the one before
 */
export function keepDraft(name, draft) {
  if (signedOut) return;
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
  signedOut = true; // leaving a page is when its draft is kept: not this time
  for (const name of Object.keys(sessionStorage)) if (name.startsWith(KEPT)) sessionStorage.removeItem(name);
}

tabs.addEventListener("message", forget);
document.querySelector("[data-sign-out]")?.addEventListener("submit", () => {
  forget();
  tabs.postMessage("");
});

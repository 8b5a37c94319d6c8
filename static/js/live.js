// Parts that refresh themselves: quiet in hidden tabs, honest when the server is gone.

let failures = 0;
let waitUntil = 0;

function isRefresh(event) {
  return event.detail.elt.closest("[data-refresh]") !== null;
}

// A form that was opened inside such a part is not swapped away under its writer.
function isWriting(event) {
  return event.detail.target.querySelector("[data-cell-form]") !== null;
}

function showOffline(offline) {
  const notice = document.querySelector("[data-offline]");
  if (notice) notice.hidden = !offline;
}

function failed(event) {
  showOffline(true);
  if (!isRefresh(event)) return;
  failures += 1;
  waitUntil = Date.now() + Math.min(60, 5 * 2 ** failures) * 1000;
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (!isRefresh(event)) return;
  if (document.hidden || Date.now() < waitUntil || isWriting(event)) event.preventDefault();
});
document.addEventListener("htmx:sendError", failed);
document.addEventListener("htmx:timeout", failed);
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status >= 500) failed(event);
});
document.addEventListener("htmx:afterOnLoad", () => {
  failures = 0;
  waitUntil = 0;
  showOffline(false);
});

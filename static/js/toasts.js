// Messages about what was just done: they go by themselves. Errors stay until closed, and
// so does what can be undone.

const SHOWN_FOR = 8000;

document.addEventListener("click", (event) => {
  event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove();
});

for (const toast of document.querySelectorAll('[data-toast][data-tone="ok"]:not([data-toast-stays])')) {
  setTimeout(() => toast.remove(), SHOWN_FOR);
}

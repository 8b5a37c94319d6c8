// Messages about what was just done: they go by themselves, errors stay until closed.

const SHOWN_FOR = 8000;

document.addEventListener("click", (event) => {
  event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove();
});

for (const toast of document.querySelectorAll('[data-toast][data-tone="ok"]')) {
  setTimeout(() => toast.remove(), SHOWN_FOR);
}

// A part that refreshes itself keeps open what the reader opened.

let open = new Set();

document.addEventListener("htmx:beforeSwap", (event) => {
  const details = event.detail.target.querySelectorAll("details[id][open]");
  open = new Set([...details].map((element) => element.id));
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of open) {
    const element = document.getElementById(id);
    if (element) element.open = true;
  }
});

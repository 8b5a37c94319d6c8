// The print view: a button for the browser's own dialog, which also saves a PDF.

const button = document.querySelector("[data-print]");
button.hidden = false;
button.addEventListener("click", () => window.print());

// A button with data-copy-of="ID" copies the field of that id. Without this module the
// button stays hidden, and the field can be selected.

for (const button of document.querySelectorAll("[data-copy-of]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}

async function copy(button) {
  const field = document.getElementById(button.dataset.copyOf);
  const word = button.querySelector("[data-copy-word]");
  const before = word.textContent;
  try {
    await navigator.clipboard.writeText(field.value);
    word.textContent = "Copied";
  } catch {
    field.select();
    word.textContent = "Press Ctrl+C to copy it";
  }
  setTimeout(() => { word.textContent = before; }, 2000);
}

// A button inside a block of code copies that block, in whatever the page adds later.

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-copy-code]");
  if (button) copy(button);
});

async function copy(button) {
  const block = button.parentElement.querySelector("pre");
  const word = button.querySelector("[data-copy-word]");
  try {
    await navigator.clipboard.writeText(block.textContent);
    word.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(block);
    word.textContent = "Press Ctrl+C to copy it";
  }
  setTimeout(() => { word.textContent = "Copy"; }, 2000);
}

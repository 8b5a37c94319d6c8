// A button with data-copy-of="ID" copies the field or text of that id. Without this
// module the button stays hidden, and what it copies can be selected.

/**
 * Wire the buttons inside an element that came while the page was open.
 * @param {ParentNode} root
 */
export function wireCopies(root) {
  for (const button of root.querySelectorAll("[data-copy-of]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}
wireCopies(document);

async function copy(button) {
  const source = document.getElementById(button.dataset.copyOf);
  const word = button.querySelector("[data-copy-word]");
  word.dataset.usual ??= word.textContent;
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    word.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(source);
    source.select?.();
    word.textContent = "Press Ctrl+C to copy it";
  }
  setTimeout(() => { word.textContent = word.dataset.usual; }, 2000);
}

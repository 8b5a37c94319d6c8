// Buttons that copy what stands elsewhere in the page, by its id.

for (const button of document.querySelectorAll("[data-copy-from]")) {
  const word = button.querySelector("[data-copy-word]");
  const usual = word.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copyFrom);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      word.textContent = "Copied";
    } catch {
      word.textContent = "Select the text to copy it";
    }
    setTimeout(() => { word.textContent = usual; }, 2000);
  });
}

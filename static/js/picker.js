// The list of models: finding one, choosing one.

/** Wire the picker of this page; each choice is a "change" event of its field. */
export function wirePicker() {
  const picker = document.querySelector("[data-picker]");
  const find = picker.querySelector("[data-find]");
  const nothing = picker.querySelector("[data-none-found]");

  find.addEventListener("input", () => {
    const wanted = find.value.trim().toLowerCase();
    let found = 0;
    for (const choice of picker.querySelectorAll("[data-choice]")) {
      choice.hidden = !choice.querySelector("input").value.toLowerCase().includes(wanted);
      if (!choice.hidden) found += 1;
    }
    nothing.hidden = found > 0;
  });
  picker.addEventListener("change", (event) => {
    if (event.target.name !== "model") return;
    const name = event.target.closest("[data-choice]").querySelector("[data-name]");
    document.querySelector("[data-chosen-model]").textContent = name.textContent;
  });
  picker.addEventListener("click", (event) => {
    // Arrow keys click as well, but with detail 0: those go on looking.
    if (event.detail > 0 && event.target.name === "model") picker.closest("[popover]").hidePopover();
  });
}

// The list of models: finding one, choosing one.

/**
 * Narrow a list of models to what is looked for; closed, it is whole again.
 * @param {HTMLElement} picker
 */
export function wireFind(picker) {
  const find = picker.querySelector("[data-find]");
  const nothing = picker.querySelector("[data-none-found]");
  const narrow = () => {
    const wanted = find.value.trim().toLowerCase();
    let found = 0;
    for (const choice of picker.querySelectorAll("[data-choice]")) {
      choice.hidden = !choice.querySelector("input").value.toLowerCase().includes(wanted);
      if (!choice.hidden) found += 1;
    }
    nothing.hidden = found > 0;
  };

  find.addEventListener("input", narrow);
  picker.closest("[popover]").addEventListener("toggle", (event) => {
    if (event.newState === "open") return;
    find.value = "";
    narrow();
  });
}

/** Wire the picker of this page; each choice is a "change" event of its field. */
export function wirePicker() {
  const picker = document.querySelector("[data-picker]");
  const list = picker.closest("[popover]");
  const button = document.querySelector(`[popovertarget="${list.id}"]`);

  wireFind(picker);
  picker.addEventListener("change", (event) => {
    if (event.target.name !== "model") return;
    const name = event.target.closest("[data-choice]").querySelector("[data-name]");
    document.querySelector("[data-chosen-model]").textContent = name.textContent;
  });
  picker.addEventListener("click", (event) => {
    // Arrow keys click as well, but with detail 0: those go on looking.
    if (event.detail > 0 && event.target.name === "model") list.hidePopover();
  });
  picker.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.name !== "model") return;
    event.preventDefault(); // it would send the prompt
    event.target.click();
    list.hidePopover();
    button.focus();
  });
  holdStill(list, button);
}

/**
 * Place the list by a copy of its button that stays: the button itself moves when the
 * composer grows, or the conversation above it, and would take along what is about to
 * be clicked.
 * @param {HTMLElement} list
 * @param {HTMLElement} button
 */
function holdStill(list, button) {
  const copy = document.createElement("div");
  const place = () => {
    const rect = button.getBoundingClientRect();
    for (const name of ["left", "top", "width", "height"]) copy.style[name] = `${rect[name]}px`;
  };
  copy.className = "picker-place";
  document.body.append(copy);
  list.addEventListener("beforetoggle", place);
  addEventListener("resize", place);
}

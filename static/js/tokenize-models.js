// The models to count with: some of a list, at most so many.

/**
 * Wire the list of models; return a function that tells what is ticked, in its order.
 * @param {(picked: string[]) => void} changed called at once and after each change
 * @returns {() => string[]}
 */
export function wireModels(changed) {
  const list = document.querySelector("[data-models]");
  const find = list.querySelector("[data-find]");
  const nothing = list.querySelector("[data-none-found]");
  const boxes = [...list.querySelectorAll("input[name=model]:not([data-never])")];
  const most = Number(list.dataset.most);
  const picked = () => boxes.filter((box) => box.checked).map((box) => box.value);

  const tell = () => {
    const now = picked();
    for (const box of boxes) box.disabled = !box.checked && now.length >= most;
    changed(now);
  };
  find.addEventListener("input", () => {
    const wanted = find.value.trim().toLowerCase();
    let found = 0;
    for (const choice of list.querySelectorAll("[data-choice]")) {
      choice.hidden = !choice.querySelector("input").value.toLowerCase().includes(wanted);
      if (!choice.hidden) found += 1;
    }
    nothing.hidden = found > 0;
  });
  list.addEventListener("change", tell);
  tell();
  return picked;
}

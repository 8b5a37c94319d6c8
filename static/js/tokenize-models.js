// The models to count with: some of a list, at most so many.

import { wireFind } from "./picker.js";

/**
 * Wire the list of models; return a function that tells what is ticked, in its order.
 * @param {(picked: string[]) => void} changed called at once and after each change
 * @returns {() => string[]}
 */
export function wireModels(changed) {
  const list = document.querySelector("[data-models]");
  const boxes = [...list.querySelectorAll("input[name=model]:not([data-never])")];
  const most = Number(list.dataset.most);
  const picked = () => boxes.filter((box) => box.checked).map((box) => box.value);

  const tell = () => {
    const now = picked();
    for (const box of boxes) box.disabled = !box.checked && now.length >= most;
    changed(now);
  };
  wireFind(list);
  list.addEventListener("change", tell);
  tell();
  return picked;
}

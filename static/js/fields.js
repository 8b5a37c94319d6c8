// The fields of a kept conversation, put back as they were sent.

/**
 * Set fields to what they held. Fields that the page has not, and choices that are not
 * allowed any more, are left alone.
 * @param {HTMLFormElement} form
 * @param {Record<string, string[]>} values
 */
export function restore(form, values) {
  const byModel = Object.entries(values).sort(([a], [b]) => (b === "model") - (a === "model")); // the others depend on it
  for (const [name, held] of byModel) {
    const found = form.elements.namedItem(name);
    const fields = found instanceof RadioNodeList ? [...found] : found ? [found] : [];
    fields.forEach((field, at) => setOne(field, held, at));
  }
}

function setOne(field, held, at) {
  if (field.disabled || field.type === "hidden" || field.type === "file") return;
  if (field.type === "radio" && !held.includes(field.value)) return;
  if (field.type === "checkbox" || field.type === "radio") field.checked = held.includes(field.value);
  else if (field.type === "select-multiple") for (const one of field.options) one.selected = held.includes(one.value);
  else field.value = held[at] ?? held[0] ?? "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

// The team that pays for a legacy call, for the model that is chosen.

import { keyOf, offerPayers, payerOf } from "./payers.js";

const model = document.querySelector("[data-model]");
const team = document.querySelector("[data-payer]");
const runs = document.querySelector("[data-runs]");

/** @returns {import("./payers.js").Payer[]} those of the chosen model */
function payers() {
  return JSON.parse(model.selectedOptions[0]?.dataset.facts ?? '{"payers":[]}').payers;
}

function tellKey() {
  runs.hidden = payers().length < 2; // else its key stands beside the model
  runs.querySelector("[data-runs-with]").replaceChildren(...keyOf(payerOf(payers(), team.value)));
}

function offer() {
  offerPayers(payers());
  tellKey();
}

model.addEventListener("change", offer);
team.addEventListener("change", tellKey);
offer();

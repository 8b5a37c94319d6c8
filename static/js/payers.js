// The teams that could pay for a model, as the server tells them with it.

/** @typedef {{id: string, team: string, key: string}} Payer */

/**
 * Offer the choice of the team that pays, where several could.
 * @param {Payer[]} payers
 */
export function offerPayers(payers) {
  const select = document.querySelector("[data-payer]");
  const before = select.value;
  select.closest("[data-payers]").hidden = payers.length < 2;
  select.replaceChildren(...payers.map(({ id, team }) => new Option(team, id)));
  // Without a choice the server takes the weakest key of all, which is the first.
  if (payers.some(({ id }) => id === before)) select.value = before;
  select.disabled = payers.length < 2;
}

/**
 * @param {Payer[]} payers
 * @param {string | undefined} team that was chosen, if one was
 * @returns {Payer | undefined} whose key a call runs with
 */
export function payerOf(payers, team) {
  return payers.find(({ id }) => id === team) ?? payers[0];
}

/**
 * @param {Payer | undefined} payer
 * @returns {(Node | string)[]} its key and team, to show
 */
export function keyOf(payer) {
  if (!payer) return ["no key"];
  return [Object.assign(document.createElement("b"), { textContent: payer.key }), ` of ${payer.team}`];
}

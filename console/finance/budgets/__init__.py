"""The pages of budgets: what is left of each, and the acts on them."""

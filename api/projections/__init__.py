"""How projections stand, and what can be asked of them."""

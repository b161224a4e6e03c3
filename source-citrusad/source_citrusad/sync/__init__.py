"""How tables are read: days, slices, budget and state. Knows no table by name."""

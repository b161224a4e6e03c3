"""What a row costs: the real command against the least that the same bytes can be turned into the same lines for."""

"""What a row costs, against Google's own client and against what published connectors do with it."""

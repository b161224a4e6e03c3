"""How BigQuery speaks: token, requests, errors, queries and their pages. Knows no table."""

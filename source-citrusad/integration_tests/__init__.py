"""Tests of the whole connector over HTTP, against a local BigQuery server that knows every row and every limit."""

"""Tests of how a stream is read."""

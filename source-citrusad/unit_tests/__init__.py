"""Tests of the package alone: a canned transport in place of the wire, nothing sleeps, no socket is opened."""

"""Tests of how TikTok speaks."""

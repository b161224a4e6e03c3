"""How TikTok speaks: requests, verdicts, pace and pages; knows no stream."""

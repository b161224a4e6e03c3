"""The client of TikTok's API: requests, responses, errors, retries and the rate limit. It knows no streams.

Code that decides what to read, or what an answer means for a sync, belongs to `sync`.
May import: shell.
"""

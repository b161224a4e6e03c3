"""How TikTok's API is spoken: requests, responses, errors, retries and the rate limit; no stream is known here.

Anything that decides what to read, or what follows from an answer for a sync, belongs to `sync`.
May import: shell.
"""

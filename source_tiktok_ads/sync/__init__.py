"""The reading of streams: accounts, slices, requests, pages, records and state. No stream is known by its name.

The client of TikTok's API belongs to `api`, the definition of a stream to `streams`, and the CDK's engine to
`engine.py`.
May import: api, config, streams.
"""

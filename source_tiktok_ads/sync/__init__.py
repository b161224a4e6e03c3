"""How a stream is read: accounts, slices, requests, pages, records and state; no stream is known by name.

What TikTok's API looks like belongs to `api`, what a stream consists of to `streams`, the CDK's engine to `engine.py`.
May import: api, config, streams.
"""

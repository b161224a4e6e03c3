"""The streams: each is a row of data with its request, key, cursor, columns and their types.

Nothing here sends a request, opens a file or imports the CDK, so `discover` needs none of them.
May import: nothing.
"""

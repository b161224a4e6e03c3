"""What is read: every stream as a row of data, with its request, key, cursor, columns and their types.

Nothing here sends a request, opens a file or knows the CDK, so that `discover` answers without them.
May import: nothing.
"""

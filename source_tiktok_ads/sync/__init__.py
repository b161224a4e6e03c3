"""How a stream is read: which accounts, which windows, page by page, with state; knows no stream by name."""

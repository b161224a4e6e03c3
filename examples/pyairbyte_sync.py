"""Sync streams into a DuckDB file with PyAirbyte; the second run goes on where the first one stopped.

pip install airbyte
python examples/pyairbyte_sync.py config.json tiktok_ads.duckdb                  # the installed command
python examples/pyairbyte_sync.py config.json tiktok_ads.duckdb --image airbyte/source-tiktok-ads:dev
python examples/pyairbyte_sync.py config.json tiktok_ads.duckdb --streams campaigns ads ad_insights
"""

import argparse
import json
import os
import shutil
from pathlib import Path


def main() -> None:
    """Check the connection, read the streams, and print the rows of each table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("database", type=Path)
    parser.add_argument("--image", help="run the connector from this Docker image")
    parser.add_argument("--streams", nargs="+", default="*", help="all of them unless named")
    options = parser.parse_args()

    # The connector is in no public registry, so there is nothing to look up; the variable is read at import.
    os.environ.setdefault("AIRBYTE_OFFLINE_MODE", "1")
    import airbyte
    from airbyte.caches import DuckDBCache

    runs = {"docker_image": options.image} if options.image else {"local_executable": shutil.which("source-tiktok-ads")}
    config = json.loads(options.config.read_text(encoding="utf-8"))
    source = airbyte.get_source("source-tiktok-ads", config=config, **runs)
    source.check()
    source.select_streams(options.streams)
    result = source.read(cache=DuckDBCache(db_path=str(options.database), schema_name="tiktok"))
    for name, table in result.streams.items():
        print(f"{name}: {len(list(table))} rows")


if __name__ == "__main__":
    main()

"""The image's entry point; everything happens in `source_tiktok_ads.run`."""

from source_tiktok_ads.run import run

if __name__ == "__main__":
    run()

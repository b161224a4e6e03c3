"""The image's entry point; everything happens in `source_citrusad.run`."""

from source_citrusad.run import run

if __name__ == "__main__":
    run()

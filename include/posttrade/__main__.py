"""``python -m posttrade``: the command line."""

from posttrade.cli.main import run

if __name__ == "__main__":
    run()

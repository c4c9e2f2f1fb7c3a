"""Where the `logmesh` command begins: Ctrl-C is answered from here on, while the rest of it is still being imported."""

import sys


def main() -> None:
    """Run the command; exit code 130 after Ctrl-C."""
    try:
        from logmesh.cli.main import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

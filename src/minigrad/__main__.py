"""`minigrad`, and `python -m minigrad`."""


def main() -> None:
    """The command; Ctrl-C leaves it quietly while it is still being imported too."""
    try:
        from minigrad import cli

        cli.main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()

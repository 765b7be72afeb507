"""`python -m boxwright`, for programs that start Boxwright and cannot rely on PATH."""

from boxwright.cli.app import main

if __name__ == "__main__":
    main()

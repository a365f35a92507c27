"""All benchmarks: `python -m bench.run`, or `make bench`. With --quick, a few minutes' worth of them."""

from __future__ import annotations

import sys

from bench import crashes, load

QUICK = ["--engines", "postgresql", "--concurrency", "8", "64", "--respondents", "200", "--repeat", "1"]


def main(arguments: list[str]) -> int:
    """Load, then crashes; 1 if an acknowledged ballot was missing, double or altered anywhere."""
    quick = "--quick" in arguments
    failed = load.main(QUICK if quick else [])
    return failed | crashes.main(["--engines", "postgresql"] if quick else [])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

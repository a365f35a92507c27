"""All benchmarks: `python -m bench.run`, or `make bench`. With --quick, a few minutes' worth of them."""

from __future__ import annotations

import sys

from bench import crashes, load, statistics, statistics_partitions

QUICK = ["--engines", "postgresql", "--concurrency", "8", "64", "--respondents", "200", "--repeat", "1"]
QUICK_STATISTICS = ["--rows", "100000", "--replicates", "50", "--repeat", "2", "--r-rows", "0"]
QUICK_PARTITIONS = ["--files", "2", "--rows", "100000", "--workers", "1"]


def main(arguments: list[str]) -> int:
    """Load, crashes, statistics; 1 if a ballot was missing, double or altered, or a number is not what it should be."""
    quick = "--quick" in arguments
    failed = load.main(QUICK if quick else [])
    failed |= crashes.main(["--engines", "postgresql"] if quick else [])
    failed |= statistics.main(QUICK_STATISTICS if quick else [])
    return failed | statistics_partitions.main(QUICK_PARTITIONS if quick else [])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

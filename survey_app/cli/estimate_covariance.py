"""``survey estimate … --covariance``: the covariance matrix of all estimates as a table with labels."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
import pandas as pd

from analysis.results import MOST_COVARIANCES, Estimates
from survey_app.cli.design_options import Command
from survey_app.cli.tabular import OUTPUT_FILE, Words, text
from survey_app.table_text import shown
from survey_app.tables import write_table

SUFFIXES = (".csv", ".xlsx", ".parquet")
WRITTEN: Words = (
    "Ma trận hiệp phương sai của {n} ước lượng: {path}{without}.",
    "Covariance matrix of the estimates ({n}): {path}{without}.",
)
WITHOUT: Words = (
    "; {n} ước lượng không có sai số nên không có trong đó",
    "; left out, as they have no error: {n}",
)


def covariance_option(command: Command) -> Command:
    """Add ``--covariance``."""
    return click.option(
        "--covariance", type=OUTPUT_FILE, metavar="OUT.csv", callback=_known_suffix,
        help=f"Write the covariance matrix of all estimates (at most {MOST_COVARIANCES}), named by row and column.",
    )(command)  # fmt: skip


def write_covariance(found: Estimates, path: Path, lang: str) -> str:
    """Write the matrix; a note of it. Rows and columns are estimates: ``domain=value … item``."""
    keys = [(int(domain), int(item)) for domain, item in np.argwhere(np.isfinite(found.se))]
    matrix = found.covariance(keys)
    names = [_label(found, domain, item) for domain, item in keys]
    write_table(pd.concat([pd.Series(names, name="estimate"), pd.DataFrame(matrix, columns=names)], axis=1), path)
    left_out = found.se.size - len(keys)
    without = text(WITHOUT, lang, n=left_out) if left_out else ""
    return text(WRITTEN, lang, n=len(keys), path=path, without=without)


def _label(found: Estimates, domain: int, item: int) -> str:
    of_domain = [f"{name}={shown(value)}" for name, value in found.domains.iloc[domain].items()]
    return " ".join([*of_domain, found.items[item]])


def _known_suffix(_context: click.Context, _option: click.Parameter, out: Path | None) -> Path | None:
    """Refused before any work is done; SPSS and Stata would not take such names of columns."""
    if out is not None and out.suffix.lower() not in SUFFIXES:
        raise click.BadParameter(f"{out.suffix!r} is none of {', '.join(SUFFIXES)}")
    return out

"""Items as commands name them: one by one, or from a column to another as they stand in the file."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from survey_app.cli.estimate_data import SurveyFile
from survey_app.table_faults import TableFileError
from survey_app.table_text import tidy


def named_items(file: SurveyFile, given: Sequence[str]) -> list[str]:
    """The columns of ``q1 q2 q5:q9``, each once, in the order in which they are named."""
    names: list[str] = []
    for text in given:
        first, colon, last = text.rpartition(":")
        if not colon or tidy(text) in file.frame.columns:
            names.append(tidy(text))
            continue
        columns = list(map(str, file.frame.columns))
        for end in (first, last):
            if tidy(end) not in columns:
                raise TableFileError(file.path, "missing_column", column=end, known=", ".join(columns))
        start, stop = columns.index(tidy(first)), columns.index(tidy(last))
        names += columns[start : stop + 1] if start <= stop else columns[stop : start + 1][::-1]
    return list(dict.fromkeys(names))


def answers_of(file: SurveyFile, names: Sequence[str]) -> pd.DataFrame:
    """The named columns as numbers; a fault names the column and the rows."""
    return pd.DataFrame({name: file.measures(name) for name in names})

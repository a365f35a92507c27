"""Two ways of ``survey estimate`` with small numbers: groups asked in full, and units that borrow a spread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from analysis.closed_groups import Estimand, closed_group_design, turnout
from analysis.design import LonelyPsu, SurveyDesign
from analysis.results import Estimates, Kind
from analysis.small_samples import AGRESTI_COULL, POOLED, guarded
from survey_app.cli.design_options import Command, with_options
from survey_app.cli.estimate_data import SurveyFile
from survey_app.cli.tabular import EXISTING, Words, text
from survey_app.table_faults import TableFileError, listed
from survey_app.table_text import shown, tidy
from survey_app.tables import file_rows, labels, numbers, read_table

USUAL_GUARD = 8
NOT_TOGETHER = (
    "--closed-group is a design of its own, of one file: leave out --weights and the like, --design, --replicates"
)
NEEDS_INVITED = (
    "--closed-group and --invited (a table with the columns cell, invited) go together; --estimand with them"
)
NEEDS_GUARD = "--guard-within and --guard-below go with --guard LOW HIGH"
SHARES = "shares lie between 0 and 1: --guard 0 1"
ONLY_MEANS = "--guard is for means and proportions without --compare, --contrast and --replicates"
ESTIMANDS: dict[Estimand, Words] = {
    Estimand.RATERS: (
        "Nhóm khép kín, {answered}/{invited} người trả lời ({cells} ô): ước lượng những người được mời năm nay nghĩ "
        "gì; ô đã trả lời đủ thì không có sai số.",
        "Closed group, {answered} of {invited} answered ({cells} cells): what this year's invitees think; a cell that "
        "answered in full has no error.",
    ),
    Estimand.PERFORMANCE: (
        "Nhóm khép kín, {answered}/{invited} người trả lời ({cells} ô): ước lượng đơn vị thực hiện tốt đến đâu; người "
        "chấm có thể là người khác nên vẫn có sai số dù đã hỏi đủ.",
        "Closed group, {answered} of {invited} answered ({cells} cells): how the unit performs; the raters could have "
        "been others, so there is an error even where all of them answered.",
    ),
}
GUARDED: Words = (
    "Có {pooled} phương sai mượn độ phân tán của cả khối (dưới {below} đơn vị mẫu, hoặc các đơn vị mẫu cho kết quả "
    "giống nhau) và {wilson} phương sai kiểu Agresti–Coull (cả khối trả lời giống nhau): xem cột se_method.",
    "{pooled} variances borrow the spread of the block (fewer than {below} sampling units, or units that agree) and "
    "{wilson} are Agresti–Coull's (the whole block agrees): see the column se_method.",
)


@dataclass(frozen=True, slots=True)
class ClosedGroup:
    """A group that was asked in full: the column of its cells, and the table of people invited by cell."""

    cell: str
    invited: Path
    estimand: Estimand
    lonely_psu: LonelyPsu

    def design(self, file: SurveyFile) -> SurveyDesign:
        """Every ballot stands for invited/answered people of its cell."""
        cells = file.labels(self.cell)
        return closed_group_design(cells, self._by_cell(), estimand=self.estimand, lonely_psu=self.lonely_psu)

    def note(self, file: SurveyFile, lang: str) -> str:
        """Who answered, and what is estimated."""
        table = turnout(file.labels(self.cell), self._by_cell())
        counts = {"answered": int(table["answered"].sum()), "invited": int(table["invited"].sum())}
        return text(ESTIMANDS[self.estimand], lang, cells=len(table), **counts)

    def _by_cell(self) -> dict[str, int]:
        frame = read_table(self.invited)
        names = labels(frame, "cell", path=self.invited)
        counts = numbers(frame, "invited", path=self.invited)
        wrong = ~((counts >= 0) & (counts % 1 == 0))
        if wrong.any():
            rows = listed(file_rows(wrong, self.invited))
            raise TableFileError(self.invited, "not_people", column="invited", rows=rows, value=shown(counts[wrong][0]))
        twice = names.duplicated().to_numpy()
        if twice.any():
            rows = listed(file_rows(twice, self.invited))
            raise TableFileError(self.invited, "repeated", column="cell", rows=rows, value=names[twice].iloc[0])
        return dict(zip(map(str, names), map(int, counts), strict=True))


@dataclass(frozen=True, slots=True)
class Guard:
    """Means on a scale, whose few or unanimous sampling units borrow the spread of their block."""

    low: float
    high: float
    within: str | None
    below: int

    def applied(self, found: Estimates, kind: Kind, lang: str) -> tuple[Estimates, list[str], str]:
        """The estimates with guarded errors, how each was obtained, and a note."""
        low, high = self.low, self.high
        if kind is Kind.PROPORTION and (low, high) != (0, 1):
            raise click.BadParameter(SHARES, param_hint="--guard")
        block = found.domains[self.within].astype(str) if self.within else "all"
        table, how = guarded(found, block, low=low, high=high, below=self.below)
        pooled, wilson = int((how.method == POOLED).sum()), int((how.method == AGRESTI_COULL).sum())
        return table, how.method.ravel().tolist(), text(GUARDED, lang, pooled=pooled, wilson=wilson, below=self.below)


def small_number_options(command: Command) -> Command:
    """``--closed-group``, ``--invited``, ``--estimand``, ``--guard``, ``--guard-within``, ``--guard-below``."""
    return with_options(
        command,
        [
            click.option("--closed-group", metavar="COL", help="A group asked in full: the column of its cells."),
            click.option("--invited", type=EXISTING, help="With --closed-group: a table of cell, invited."),
            click.option(
                "--estimand", type=click.Choice([estimand.value for estimand in Estimand]),
                help="With --closed-group: what this year's raters think, or how the unit performs (default).",
            ),
            click.option(
                "--guard", nargs=2, type=float, metavar="LOW HIGH",
                help="The ends of the scale: few or unanimous sampling units borrow the spread of all domains.",
            ),
            click.option("--guard-within", metavar="COL", help="With --guard: borrow within this column of --by only."),
            click.option("--guard-below", type=click.IntRange(2),
                         help=f"With --guard: sampling units that are few (default {USUAL_GUARD})."),
        ],
    )  # fmt: skip


def closed_group_of(
    closed_group: str | None,
    invited: Path | None,
    estimand: str | None,
    *,
    lonely_psu: LonelyPsu,
    other_design: bool,
) -> ClosedGroup | None:
    """The closed group of the options, if there is one."""
    if closed_group is None:
        if invited is not None or estimand is not None:
            raise click.UsageError(NEEDS_INVITED)
        return None
    if invited is None:
        raise click.UsageError(NEEDS_INVITED)
    if other_design:
        raise click.UsageError(NOT_TOGETHER)
    return ClosedGroup(tidy(closed_group), invited, Estimand(estimand or Estimand.PERFORMANCE), lonely_psu)


def guard_of(
    ends: tuple[float, float] | None, within: str | None, below: int | None, *, by: tuple[str, ...], alone: bool
) -> Guard | None:
    """The guard of the options, if there is one."""
    if not ends:
        if within is not None or below is not None:
            raise click.UsageError(NEEDS_GUARD)
        return None
    if not alone:
        raise click.UsageError(ONLY_MEANS)
    if not ends[0] < ends[1]:
        raise click.BadParameter(f"{ends[0]:g} {ends[1]:g}: LOW < HIGH", param_hint="--guard")
    if within is not None and within not in by:
        raise click.BadParameter(f"{within}: --by {', '.join(by) or '…'}", param_hint="--guard-within")
    return Guard(ends[0], ends[1], within, below or USUAL_GUARD)

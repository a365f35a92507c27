"""Where cell totals come from: rows in memory, or (:mod:`analysis.partitions`) a table added up elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from analysis.calibrated import Regression, auxiliary_of
from analysis.cells import CellIndex, CellSums, DomainMoments, cell_index, cell_sums, centred_moments
from analysis.clusters import Clusters
from analysis.design import SurveyDesign
from analysis.domains import Domains
from analysis.items import Columns


class Source(Protocol):
    """All that an estimate and its variance need of the data: K columns, as cells of finest unit × domain."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def clusters(self) -> Clusters: ...

    @property
    def index(self) -> CellIndex: ...

    @property
    def n_domains(self) -> int: ...

    @property
    def regression(self) -> Regression | None:
        """On what the weights were calibrated on, if they were."""
        ...

    def sums(self, chosen: slice) -> CellSums: ...

    def moments(self, chosen: slice, sums: CellSums) -> DomainMoments:
        """Second moments by domain, given the sums of the same columns."""
        ...


@dataclass(frozen=True)
class RowSource:
    """Rows in memory."""

    columns: Columns
    clusters: Clusters
    index: CellIndex
    n_domains: int
    regression: Regression | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return self.columns.names

    def sums(self, chosen: slice) -> CellSums:
        return cell_sums(self.index, self.columns, chosen)

    def moments(self, chosen: slice, sums: CellSums) -> DomainMoments:
        return centred_moments(self.index, self.columns, self.n_domains, chosen, sums)


def source_of_rows(design: SurveyDesign, columns: Columns, domains: Domains) -> RowSource:
    """The rows of a sample, their columns and their domains, matched row by row."""
    index = cell_index(design, domains.code, domains.count)
    if design.calibration is None:
        return RowSource(columns, design.clusters, index, domains.count)
    regression = Regression(auxiliary_of(design, design.calibration), index, columns, domains.count)
    return RowSource(columns, design.clusters, index, domains.count, regression)

"""The same numbers by the barest code: what numpy and scipy need if nothing is checked, named or chosen."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from bench.ballots import AGES, COMMUNES, ITEMS, MARGINS, SERVICES, SEXES, STRATA, VILLAGES, Ballots, Floats, Ints

CHUNK = 16_384
TOGETHER = 10
UNITS = STRATA * VILLAGES
BY_COMMUNE = SERVICES * VILLAGES


def cell_totals(data: Ballots, cell: Ints, count: int) -> Floats:
    """(count, 41) Σ w y and Σ w by cell, rows in the order of cells: one sparse product in chunks."""
    totals = np.zeros((count, len(ITEMS) + 1))
    for start in range(0, len(cell), CHUNK):
        rows = slice(start, start + CHUNK)
        low, high = int(cell[rows].min()), int(cell[rows].max()) + 1
        length = len(cell[rows])
        picks = (data.base_weights[rows], (cell[rows] - low, np.arange(length)))
        totals[low:high, :-1] += csr_array(picks, shape=(high - low, length)) @ data.answers[rows].astype(np.float64)
    totals[:, -1] = np.bincount(cell, data.base_weights, count)
    return totals


def variance_by(z: Floats, groups: int) -> Floats:
    """Variance of sums of z (units, K) over strata of ten units, by group of strata."""
    of_stratum = z.reshape(STRATA, VILLAGES, -1)
    squares = ((of_stratum - of_stratum.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    return squares.reshape(groups, STRATA // groups, -1).sum(axis=1) * VILLAGES / (VILLAGES - 1)


def means_by(data: Ballots, groups: int) -> tuple[Floats, Floats]:
    """Means and standard errors (groups, 40) of all rows (1) or by commune (126)."""
    totals = cell_totals(data, data.village, UNITS)
    by_group = totals.reshape(groups, UNITS // groups, -1).sum(axis=1)
    means, sizes = by_group[:, :-1] / by_group[:, -1:], by_group[:, -1:]
    per = UNITS // groups
    z = (totals[:, :-1] - means.repeat(per, axis=0) * totals[:, -1:]) / sizes.repeat(per, axis=0)
    return means, np.sqrt(variance_by(z, groups))


def margin_cells(data: Ballots) -> Ints:
    """The cell of each ballot in commune × service × sex × age."""
    return (data.stratum * SEXES + data.sex) * AGES + data.age


def raked(data: Ballots) -> Floats:
    """Weights raked to the four margins, 1e-8."""
    cell = margin_cells(data)
    table = np.bincount(cell, data.base_weights, STRATA * SEXES * AGES).reshape(tuple(MARGINS.values()))
    fit = fitted(table, [np.array(list(data.controls[name].values())) for name in MARGINS])
    factor = np.divide(fit, table, out=np.ones_like(fit), where=table > 0)
    return np.asarray(data.base_weights * factor.ravel()[cell])


def fitted(table: Floats, wanted: list[Floats], tolerance: float = 1e-8) -> Floats:
    """Iterative proportional fitting of a table with every cell filled."""
    table = table.copy()
    for _round in range(1000):
        gap = 0.0
        for axis, totals in enumerate(wanted):
            others = tuple(other for other in range(table.ndim) if other != axis)
            ratio = totals / table.sum(axis=others)
            gap = max(gap, float(np.abs(ratio - 1).max()))
            table *= ratio.reshape([-1 if other == axis else 1 for other in range(table.ndim)])
        if gap < tolerance:
            return table
    raise ArithmeticError("raking of the floor did not converge")


def bootstrap(data: Ballots, factors: Floats) -> Floats:
    """Standard errors (126, 40) of means by commune, from factors (units, R) of the bootstrap."""
    totals = cell_totals(data, data.village, UNITS).reshape(COMMUNES, BY_COMMUNE, -1)
    replicates = factors.reshape(COMMUNES, BY_COMMUNE, -1).transpose(0, 2, 1) @ totals
    return np.asarray((replicates[:, :, :-1] / replicates[:, :, -1:]).std(axis=1, ddof=1))


def raked_bootstrap(data: Ballots, factors: Floats) -> Floats:
    """The same where every replicate is raked again."""
    kinds = SEXES * AGES
    cell = data.village * kinds + data.sex * AGES + data.age
    order = np.argsort(cell, kind="stable")
    sorted_data = Ballots(data.answers[order], data.village[order], data.sex, data.age, data.base_weights[order])
    totals = cell_totals(sorted_data, cell[order], UNITS * kinds).reshape(STRATA, VILLAGES, -1)
    wanted = [np.array(list(data.controls[name].values())) for name in MARGINS]
    found = []
    for first in range(0, factors.shape[1], TOGETHER):
        chosen = factors[:, first : first + TOGETHER].reshape(STRATA, VILLAGES, -1).transpose(0, 2, 1)
        summed = chosen @ totals  # over villages, since raking treats them alike
        for cells in summed.transpose(1, 0, 2).reshape(-1, STRATA, kinds, len(ITEMS) + 1):
            table = cells[:, :, -1].reshape(tuple(MARGINS.values()))
            fit = fitted(table, wanted)
            ratio = np.divide(fit, table, out=np.zeros_like(fit), where=table > 0).reshape(COMMUNES, 1, -1)
            by_commune = (ratio @ cells.reshape(COMMUNES, -1, len(ITEMS) + 1))[:, 0]
            found.append(by_commune[:, :-1] / by_commune[:, -1:])
    return np.asarray(np.std(found, axis=0, ddof=1))


def element_means(data: Ballots) -> tuple[Floats, Floats]:
    """Means and standard errors by commune where every ballot was drawn by itself within its stratum."""
    means = cell_totals(data, data.commune, COMMUNES)
    sizes = means[:, -1:]
    means = means[:, :-1] / sizes
    first, second = np.zeros((STRATA, len(ITEMS))), np.zeros((STRATA, len(ITEMS)))
    for start in range(0, len(data.village), CHUNK):
        rows = slice(start, start + CHUNK)
        stratum, commune = data.stratum[rows], data.commune[rows]
        low, high = int(stratum.min()), int(stratum.max()) + 1
        shape = high - low, len(stratum)
        picker = csr_array((np.ones(len(stratum)), (stratum - low, np.arange(len(stratum)))), shape=shape)
        z = (data.answers[rows] - means[commune]) * (data.base_weights[rows] / sizes[commune, 0])[:, None]
        first[low:high] += picker @ z
        second[low:high] += picker @ z**2
    n = np.bincount(data.stratum, minlength=STRATA)[:, None]
    squares = (second - first**2 / n) * n / (n - 1)
    return means, np.sqrt(squares.reshape(COMMUNES, SERVICES, -1).sum(axis=1))

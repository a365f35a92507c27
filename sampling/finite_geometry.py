"""Points, lines and hyperplanes of finite geometries: balanced blocks for prime powers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt

Table = npt.NDArray[np.int64]
Blocks = tuple[tuple[int, ...], ...]

MOST_POINTS = 400


def prime_power(q: int) -> tuple[int, int] | None:
    """(p, n) with q = pⁿ and p prime, or None."""
    p = next((d for d in range(2, q + 1) if q % d == 0), 0)
    n = 0
    while p and q % p == 0:
        q, n = q // p, n + 1
    return (p, n) if n and q == 1 else None


@cache
def field(q: int) -> tuple[Table, Table]:
    """Addition and multiplication tables of the field with q elements; an element is its digits to the base p."""
    found = prime_power(q)
    if found is None:
        raise ValueError(f"{q} is no power of a prime")
    p, n = found
    digits = np.array([[x // p**i % p for i in range(n)] for x in range(q)])
    powers = p ** np.arange(n)
    add = (digits[:, None, :] + digits[None, :, :]) % p @ powers
    for tail in product(range(p), repeat=n):
        multiply = _products(digits, np.array(tail), p) @ powers
        if (multiply[1:, 1:] > 0).all():  # no divisors of zero: the polynomial is irreducible
            return add, multiply
    raise AssertionError("there is an irreducible polynomial of every degree")


def geometric_designs(v: int, k: int) -> Iterator[Blocks]:
    """The designs of v points in blocks of k that are lines or hyperplanes of a projective or affine space."""
    if v > MOST_POINTS:
        return
    for q in range(2, k + 1):
        if prime_power(q) is None:
            continue
        m = 2
        while q**m <= v:
            n_projective = (q ** (m + 1) - 1) // (q - 1)
            if v == n_projective and k == (q**m - 1) // (q - 1):
                yield projective_hyperplanes(m, q)
            if v == n_projective and k == q + 1 and m > 2:
                yield projective_lines(m, q)
            if v == q**m and k == q ** (m - 1):
                yield affine_hyperplanes(m, q)
            if v == q**m and k == q and m > 2:
                yield affine_lines(m, q)
            m += 1


def projective_hyperplanes(m: int, q: int) -> Blocks:
    """Points of PG(m, q) by hyperplanes; the lines of the projective plane if m = 2."""
    points = _directions(m + 1, q)
    return _rows(_dot(points, points, q) == 0)


def projective_lines(m: int, q: int) -> Blocks:
    """Points of PG(m, q) by lines: the points that two points span."""
    add, multiply = field(q)
    points = _directions(m + 1, q)
    place = {tuple(point): i for i, point in enumerate(points.tolist())}
    lines = set()
    for i in range(len(points)):
        for j in range(i):
            spanned = add[points[i], multiply[np.arange(q)[:, None], points[j]]]
            lines.add(tuple(sorted([j, *(place[_normal(vector, q)] for vector in spanned.tolist())])))
    return tuple(sorted(lines))


def affine_hyperplanes(m: int, q: int) -> Blocks:
    """Points of AG(m, q) by hyperplanes; the lines of the affine plane if m = 2."""
    values = _dot(_directions(m, q), _vectors(m, q), q)
    return _rows(np.concatenate([values == c for c in range(q)]))


def affine_lines(m: int, q: int) -> Blocks:
    """Points of AG(m, q) by lines: from every point in every direction."""
    add, multiply = field(q)
    powers = q ** np.arange(m)[::-1]
    points = _vectors(m, q)
    lines = set()
    for direction in _directions(m, q):
        steps = multiply[np.arange(q)[:, None], direction]
        lines |= {tuple(sorted(line)) for line in (add[points[:, None, :], steps[None]] @ powers).tolist()}
    return tuple(sorted(lines))


def _products(digits: Table, tail: Table, p: int) -> Table:
    """Digits of all products of polynomials modulo xⁿ + tail."""
    q, n = digits.shape
    long = np.zeros((q, q, 2 * n - 1), dtype=np.int64)
    for i in range(n):
        long[:, :, i : i + n] += digits[:, None, i, None] * digits[None, :, :]
    for top in range(2 * n - 2, n - 1, -1):
        long[:, :, top - n : top] -= long[:, :, top, None] * tail
    return long[:, :, :n] % p


def _vectors(length: int, q: int) -> Table:
    return np.array(list(product(range(q), repeat=length)))


def _directions(length: int, q: int) -> Table:
    """One vector for each line through the origin: the first coordinate that is not zero is one."""
    return np.array([vector for vector in _vectors(length, q).tolist() if next((x for x in vector if x), 0) == 1])


def _normal(vector: list[int], q: int) -> tuple[int, ...]:
    multiply = field(q)[1]
    first = next(x for x in vector if x)
    inverse = int(np.flatnonzero(multiply[first] == 1)[0])
    return tuple(multiply[inverse, vector].tolist())


def _dot(one: Table, other: Table, q: int) -> Table:
    """Scalar products over the field: rows of one x rows of other."""
    add, multiply = field(q)
    total = np.zeros((len(one), len(other)), dtype=np.int64)
    for i in range(one.shape[1]):
        total = add[total, multiply[one[:, i, None], other[None, :, i]]]
    return total


def _rows(held: npt.NDArray[np.bool_]) -> Blocks:
    return tuple(tuple(np.flatnonzero(row).tolist()) for row in held)

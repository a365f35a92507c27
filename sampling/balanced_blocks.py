"""Balanced incomplete block designs by known constructions; every one is counted before it is handed out.

Finite geometries, squares modulo a prime, difference families, all subsets, complements, residual and derived designs
of symmetric ones, repetitions. A design that exists but is none of these is not found.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations
from math import comb, gcd

import numpy as np

from sampling.block_design import concurrences, incidence_of
from sampling.difference_families import difference_families
from sampling.finite_geometry import Blocks, geometric_designs, prime_power

MOST_SUBSETS = 2000


def balanced_parameters(v: int, b: int, k: int) -> tuple[int, int] | None:
    """(r, lambda) of a balanced design of v units in b booklets of k, if its counts come out whole.

    bk = vr and r(k - 1) = lambda(v - 1), and b >= v (Fisher) unless the booklets are complete.
    """
    r, over = divmod(b * k, v)
    if over or not 2 <= k <= v or (b < v and k < v):
        return None
    together, over = divmod(r * (k - 1), v - 1)
    return None if over else (r, together)


def smallest_balanced_number(v: int, k: int) -> int:
    """The least number of booklets for which the counts of a balanced design come out whole."""
    if k == v:
        return 1
    r = (v - 1) // gcd(k - 1, v - 1)
    r *= k // gcd(r * v, k)
    return r * v // k * max(1, -(-k // r))


@cache
def balanced_blocks(v: int, b: int, k: int) -> Blocks | None:
    """Booklets (positions of units) in which any two units stand together equally often, or None if none is known.

    Parameters
    ----------
    v, b, k : int
        Units, booklets, units in a booklet.

    References
    ----------
    Hall, M. (1986), Combinatorial Theory, 2nd ed., ch. 10-11. Cochran, W. G. and Cox, G. M. (1957), Experimental
    Designs, 2nd ed., ch. 11.
    """
    parameters = balanced_parameters(v, b, k)
    if parameters is None:
        return None
    for blocks in _candidates(v, b, k, *parameters):
        if _is_balanced(blocks, v, b, k, parameters[1]):
            return blocks
    return None


def _candidates(v: int, b: int, k: int, r: int, together: int) -> Iterator[Blocks]:
    if k == v:
        yield (tuple(range(v)),) * b
        return
    if 2 * k > v and v - k > 1:
        other = balanced_blocks(v, b, v - k)
        if other:
            yield tuple(tuple(i for i in range(v) if i not in block) for block in map(set, other))
    for times in range(gcd(b, r, together), 1, -1):
        once = balanced_blocks(v, b // times, k) if b // times >= v else None
        if once:
            yield once * times
    if b == comb(v, k) and b <= MOST_SUBSETS:
        yield tuple(combinations(range(v), k))
    yield from geometric_designs(v, k)
    if b == v:
        yield from _squares(v, k)
    yield from difference_families(v, b, k, together)
    yield from _from_symmetric(v, b, k, r, together)


def _squares(v: int, k: int) -> Iterator[Blocks]:
    """The squares modulo a prime of the form 4n - 1, shifted (Paley)."""
    if prime_power(v) == (v, 1) and v % 4 == 3 and k == (v - 1) // 2:
        squares = {x * x % v for x in range(1, v)}
        yield tuple(tuple(sorted((x + shift) % v for x in squares)) for shift in range(v))


def _from_symmetric(v: int, b: int, k: int, r: int, together: int) -> Iterator[Blocks]:
    """What a symmetric design leaves outside one of its blocks (residual), or within one (derived)."""
    if r == k + together and b == v + r - 1:
        whole = balanced_blocks(v + r, v + r, r)
        if whole:
            kept = sorted(set(range(v + r)) - set(whole[0]))
            yield _restricted(whole[1:], kept)
    if v == r + 1 and k == together + 1:
        whole = balanced_blocks(b + 1, b + 1, v)
        if whole:
            yield _restricted(whole[1:], list(whole[0]))


def _restricted(blocks: Blocks, kept: list[int]) -> Blocks:
    place = {unit: i for i, unit in enumerate(kept)}
    return tuple(tuple(place[unit] for unit in block if unit in place) for block in blocks)


def _is_balanced(blocks: Blocks, v: int, b: int, k: int, together: int) -> bool:
    if len(blocks) != b or {len(set(block)) for block in blocks} != {k}:
        return False
    counts = concurrences(incidence_of(blocks, v))
    return bool((counts[~np.eye(v, dtype=bool)] == together).all())

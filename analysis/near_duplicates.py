"""Ballots that are nearly the same, found without comparing all pairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from analysis.faults import AnalysisError
from analysis.items import Items
from analysis.sums import Ints

MOST_CANDIDATES = 10_000_000
SPARE_BLOCKS = 3
"""Blocks beyond the number of differences: pairs must agree on as many, so that a key is long and its bucket small."""
MOST_LEVELS = 255

Words = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class NearDuplicates:
    """Pairs of ballots that differ in few answers.

    Attributes
    ----------
    n : ballots; n_items : items compared; most_different : answers in which a pair may differ.
    first, second : (P,) rows of each pair, first < second, in ascending order; differing : (P,) answers they differ in.
    distinctive : (n,) answers of each ballot that are not the commonest one of their item, or that are not the
        commonest one of the ballot if these are fewer; blanks do not count.
    least_distinctive : pairs are complete among ballots with at least as many; others were not compared.
    """

    n: int
    n_items: int
    most_different: int
    first: Ints
    second: Ints
    differing: Ints
    distinctive: Ints
    least_distinctive: int

    @property
    def n_compared(self) -> int:
        """Ballots that were compared."""
        return int((self.distinctive >= self.least_distinctive).sum())

    def at_least(self, distinctive: int) -> NearDuplicates:
        """The pairs of ballots that have at least so many answers off the common line."""
        kept = np.minimum(self.distinctive[self.first], self.distinctive[self.second]) >= distinctive
        least = max(distinctive, self.least_distinctive)
        pairs = self.first[kept], self.second[kept], self.differing[kept]
        return NearDuplicates(self.n, self.n_items, self.most_different, *pairs, self.distinctive, least)

    def partners(self) -> Ints:
        """(n,) near-duplicates that each ballot has."""
        return np.bincount(np.concatenate([self.first, self.second]), minlength=self.n)


def near_duplicates(
    items: Items, most_different: int = 3, *, least_distinctive: int = 0, most_candidates: int = MOST_CANDIDATES
) -> NearDuplicates:
    """All pairs of ballots that differ in at most ``most_different`` answers; a blank is an answer like another.

    Items are dealt out to d + 3 blocks, of which such a pair agrees entirely on at least three: so all are found among
    the ballots that agree on some three blocks, and no pair is missed. Where so many ballots say the same that this
    leaves too many pairs to compare (straight lines, in the main), ballots with fewest answers off the common line
    are left out first, until at most ``most_candidates`` are left; ``least_distinctive`` of the result says which.

    Parameters
    ----------
    least_distinctive : leave out ballots with fewer answers off the common line and off their own.

    Raises
    ------
    AnalysisError : ``all_nearly_alike`` (as many differences as items); ``item_not_graded``; ``bad_difference``.

    References
    ----------
    Manku, Jain, Das Sarma (2007), WWW '07, 141–150 (blocks); Kuriakose and Robbins (2016), Stat. J. IAOS 32, 283–291.
    """
    n, n_items = items.shape
    if most_different < 0:
        raise AnalysisError("bad_difference", different=most_different)
    if most_different >= n_items:
        raise AnalysisError("all_nearly_alike", items=n_items, different=most_different)
    codes, n_codes = _codes(items)
    distinctive = _distinctive(codes, n_codes)
    packed, bits = _packed(codes, n_codes)
    buckets = list(_buckets(codes, most_different))
    least, by_all = _least(buckets, distinctive, least_distinctive, most_candidates)
    if by_all:
        buckets = [(np.arange(n), np.zeros(n, dtype=np.intp))]
    found = [_within(bucket, packed, bits, most_different, distinctive >= least) for bucket in buckets]
    pair = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *found]))
    first, second = np.divmod(pair, n)
    differing = _differing(packed, bits, first, second)
    return NearDuplicates(n, n_items, most_different, first, second, differing, distinctive, least)


def _codes(items: Items) -> tuple[Codes, int]:
    """Answers as numbers from 1 (the same in all items), blanks as 0: (n, K), and how many numbers there are."""
    valid = ~items.lacks(items.values)
    levels = [np.unique(items.values[given, place]) for place, given in enumerate(valid.T)]
    known = np.unique(np.concatenate(levels))
    if len(known) > MOST_LEVELS:
        widest = int(np.argmax([len(found) for found in levels]))
        raise AnalysisError("item_not_graded", item=items.names[widest], levels=len(known), most=MOST_LEVELS)
    codes = np.zeros(items.shape, dtype=np.uint8)
    for place, given in enumerate(valid.T):
        codes[given, place] = np.searchsorted(known, items.values[given, place]) + 1
    return codes, len(known) + 1


def _distinctive(codes: Codes, n_codes: int) -> Ints:
    """Answers off the common line, or off the ballot's own: everybody who is content with everything is alike."""
    off_item = np.zeros(len(codes), dtype=np.intp)
    for column in codes.T:
        common = 1 + np.bincount(column, minlength=2)[1:].argmax()
        off_item += (column != common) & (column > 0)
    commonest = np.max([(codes == code).sum(axis=1) for code in range(1, n_codes)], axis=0)
    return np.asarray(np.minimum(off_item, (codes > 0).sum(axis=1) - commonest), dtype=np.intp)


def _packed(codes: Codes, n_codes: int) -> tuple[Words, int]:
    """Several answers to a word of 64 bits, (W, n), and the bits that each has."""
    bits = next(size for size in (1, 2, 4, 8) if n_codes <= 2**size)
    per = 64 // bits
    words = np.zeros((-(-codes.shape[1] // per), len(codes)), dtype=np.uint64)
    for place, column in enumerate(codes.T):
        words[place // per] |= column.astype(np.uint64) << np.uint64(bits * (place % per))
    return words, bits


def _differing(packed: Words, bits: int, first: Ints, second: Ints) -> Ints:
    """In how many answers each pair differs."""
    lowest = np.uint64(sum(1 << place for place in range(0, 64, bits)))
    count = np.zeros(len(first), dtype=np.intp)
    for word in packed:
        unlike = word[first] ^ word[second]
        shift = 1
        while shift < bits:
            unlike |= unlike >> np.uint64(shift)
            shift *= 2
        count += np.bitwise_count(unlike & lowest)
    return count


def _buckets(codes: Codes, most_different: int) -> Iterator[tuple[Ints, Ints]]:
    """For each choice of blocks: the rows in the order of their answers there, and the number of each one's bucket."""
    n_items = codes.shape[1]
    n_blocks = min(most_different + SPARE_BLOCKS, n_items)
    block = np.arange(n_items) % n_blocks  # neighbouring questions are alike: a block takes them from all over
    keys = [_numbered(codes[:, block == number]) for number in range(n_blocks)]
    for chosen in combinations(range(n_blocks), n_blocks - most_different):
        key = keys[chosen[0]]
        for number in chosen[1:]:
            _values, key = np.unique(key * (keys[number].max() + 1) + keys[number], return_inverse=True)
        order = np.argsort(key, kind="stable")
        yield order, key[order]


def _numbered(codes: Codes) -> Ints:
    """The different rows of codes, numbered."""
    rows = np.ascontiguousarray(codes).view(np.dtype((np.void, codes.shape[1]))).ravel()
    _values, number = np.unique(rows, return_inverse=True)
    return np.asarray(number, dtype=np.intp)


def _least(buckets: list[tuple[Ints, Ints]], distinctive: Ints, least: int, most_candidates: int) -> tuple[int, bool]:
    """The smallest number of answers off the common line that leaves few enough pairs; whether buckets are no help."""
    while True:
        pairs = 0
        for order, bucket in buckets:
            sizes = np.bincount(bucket[distinctive[order] >= least])
            pairs += int((sizes * (sizes - 1) // 2).sum())
        compared = int((distinctive >= least).sum())
        all_pairs = compared * (compared - 1) // 2
        if min(pairs, all_pairs) <= most_candidates:
            return least, all_pairs <= pairs
        least += 1


def _within(
    bucket: tuple[Ints, Ints], packed: Words, bits: int, most_different: int, compared: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Pairs within buckets that differ little enough, as first * n + second: neighbours first, then the next but one"""
    order, number = bucket
    kept = compared[order]
    rows, number = order[kept], number[kept]
    if not len(rows):
        return np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    ends = np.repeat(np.append(starts[1:], len(number)), np.diff(np.append(starts, len(number))))
    found, offset, at = [], 1, np.arange(len(rows))
    while True:
        at = at[at + offset < ends[at]]
        if not len(at):
            break
        first, second = rows[at], rows[at + offset]
        near = _differing(packed, bits, first, second) <= most_different
        low, high = np.minimum(first[near], second[near]), np.maximum(first[near], second[near])
        found.append(low.astype(np.int64) * packed.shape[1] + high)
        offset += 1
    return np.concatenate([np.zeros(0, dtype=np.int64), *found])

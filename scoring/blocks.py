"""Which units are scored, and in which ranking block each of them is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from scoring.domains import Ints
from scoring.faults import Fault, TableError
from scoring.method import ScoringMethod


@dataclass(frozen=True, slots=True)
class Blocks:
    """Units in sorted order with the ranking block of each."""

    units: tuple[str, ...]
    names: tuple[str, ...]  # block of each unit

    @property
    def numbers(self) -> Ints:
        """The blocks as numbers, (units,)."""
        _, numbers = np.unique(np.array(self.names, dtype=np.str_), return_inverse=True)
        return np.asarray(numbers, dtype=np.intp)


def ranked_blocks(method: ScoringMethod, rated: Iterable[str], blocks: Mapping[str, str] | None) -> Blocks:
    """The units to score: those of the list whose block the method ranks, rated or not.

    Without a list: the rated units, in the only block of the method. Raises TableError for a rated unit that is not in
    the list or is in a block the method does not rank.
    """
    found = sorted(set(rated))
    if blocks is None:
        return Blocks(tuple(found), (_only_block(method),) * len(found))
    faults = [fault for unit in found for fault in _unit_faults(method, unit, blocks)]
    if faults:
        raise TableError(faults)
    known = method.ranking.blocks
    units = tuple(sorted(unit for unit, block in blocks.items() if not known or block in known))
    return Blocks(units, tuple(blocks[unit] for unit in units))


def _only_block(method: ScoringMethod) -> str:
    known = list(method.ranking.blocks)
    if len(known) > 1:
        raise TableError([Fault("blocks", "one_block_needed", {"known": ", ".join(known)})])
    return known[0] if known else ""


def _unit_faults(method: ScoringMethod, unit: str, blocks: Mapping[str, str]) -> Iterator[Fault]:
    known = method.ranking.blocks
    if unit not in blocks:
        yield Fault("blocks", "no_block", {"value": unit})
    elif known and blocks[unit] not in known:
        yield Fault(f"blocks.{unit}", "unranked_block", {"value": blocks[unit], "known": ", ".join(known)})

"""What made-up respondents think: the same at every run with the same seed, and different from unit to unit.

The level chosen follows the quality of the unit, the harshness of the person, the difficulty of the question, the
manner of the group and chance. Options are known by their order on the page, worst first, as the forms are written.
"""

from __future__ import annotations

import math
import zlib

import numpy as np

MEAN = 0.9  # on the logistic scale: between "average" and "good" of five levels
SPREADS = {"unit": 0.55, "question": 0.3, "group": 0.2}
HARSHNESS = 0.5
CHANCE = 0.75
DONT_KNOW = 0.06


class Opinions:
    """What everybody shares: how good each unit is, how hard each question."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._known: dict[tuple[str, str], float] = {}

    def of(self, kind: str, name: str) -> float:
        """The effect of a unit, a question or a group."""
        if (kind, name) not in self._known:
            rng = np.random.default_rng([self._seed, zlib.crc32(f"{kind} {name}".encode())])
            self._known[kind, name] = float(rng.normal(0, SPREADS[kind]))
        return self._known[kind, name]


class Person:
    """One respondent's mind; asked about the same field again, it gives the same answer."""

    def __init__(self, opinions: Opinions, group: str, rng: np.random.Generator) -> None:
        self._opinions = opinions
        self._rng = rng
        self._own = MEAN + opinions.of("group", group) - float(rng.normal(0, HARSHNESS))

    def knows(self) -> bool:
        """Whether there is an opinion at all."""
        return bool(self._rng.random() >= DONT_KNOW)

    def level(self, question: str, unit: str, n_levels: int) -> int:
        """How a unit is rated: 0 (worst) to n_levels - 1 (best)."""
        lean = self._own + self._opinions.of("unit", unit) + self._opinions.of("question", question)
        felt = lean + float(self._rng.normal(0, CHANCE))
        return min(n_levels - 1, int(n_levels / (1 + math.exp(-felt))))

    def pick(self, n_options: int) -> int:
        """A fact about oneself: options that come first are more common."""
        odds = 1 / np.arange(1, n_options + 1)
        return int(self._rng.choice(n_options, p=odds / odds.sum()))

    def several(self, n_options: int) -> list[int]:
        """One to three of the options."""
        n = min(n_options, int(self._rng.integers(1, 4)))
        return sorted(int(i) for i in self._rng.choice(n_options, n, replace=False))

    def willing(self, share: float) -> bool:
        """Whether a question that may be left out is answered."""
        return bool(self._rng.random() < share)

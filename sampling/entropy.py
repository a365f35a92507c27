"""Conditional Poisson (maximum entropy) and Sampford draws, exact, with their inclusion probabilities.

Both rest on N independent coins conditioned on n heads. What is needed of them are probabilities that a sum of coins
equals a number; these come from the characteristic function of the sum by a finite Fourier sum, exact to rounding
and without the alternating sums or divisions by differences that make the textbook recursions unstable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from sampling.faults import SamplingError
from sampling.inclusion import Floats, Numbers, Positions, Split, split

Complexes = npt.NDArray[np.complex128]

MAX_ATTEMPTS = 1_000_000
NEGLIGIBLE = 50.0  # e**-50: what is left out of a Fourier sum
MAX_ROUNDS = 10_000
CLOSE = 1e-13
AT_ONCE = 2**21  # random numbers drawn at a time


@dataclass(frozen=True, slots=True)
class Coins:
    """Independent coins with ``heads`` probabilities whose sum is n, so that n heads are as likely as can be."""

    heads: Floats
    n: int

    @classmethod
    def of(cls, log_odds: Floats, n: int) -> Coins:
        """The coins with these odds, all multiplied by one number (which changes nothing given n heads)."""
        centre = logit(n / len(log_odds))
        low, high = centre - log_odds.max(), centre - log_odds.min()
        shift = min(max(0.0, low), high)
        for _ in range(MAX_ROUNDS):  # Newton's steps, halving the interval where one would leave it
            heads = expit(log_odds + shift)
            surplus = heads.sum() - n
            if abs(surplus) < CLOSE * n or high - low < CLOSE:
                break
            low, high = (low, shift) if surplus > 0 else (shift, high)
            shift -= surplus / (heads * (1 - heads)).sum()
            if not low < shift < high:
                shift = (low + high) / 2
        return cls(heads, n)

    def fourier(self) -> Fourier:
        """The nodes of the Fourier sum, and at each the characteristic function of the number of heads."""
        p, n = self.heads, self.n
        spread = float((p * (1 - p)).sum())
        # so many nodes that the sum wraps round only where the probability is below e**-NEGLIGIBLE (Bernstein)
        span = NEGLIGIBLE / 3 + np.sqrt((NEGLIGIBLE / 3) ** 2 + 2 * NEGLIGIBLE * spread)
        n_nodes = min(len(p) + 1, int(np.ceil(span)) + 1) | 1
        angle = 2 * np.pi * np.arange(n_nodes // 2 + 1) / n_nodes
        # |characteristic function| <= exp(-2 spread sin(angle / 2)**2)
        angle = angle[2 * spread * np.sin(angle / 2) ** 2 < NEGLIGIBLE]
        turn = np.exp(1j * angle)
        product = np.exp(-1j * n * angle)
        for block in np.array_split(p, max(1, len(p) * len(angle) // AT_ONCE)):
            product *= (1 + np.multiply.outer(turn - 1, block)).prod(axis=1)
        share = np.where(angle == 0, 1.0, 2.0) / n_nodes
        return Fourier(turn, share * product)

    def inclusion(self) -> Floats:
        """Probability of heads of each coin, given n heads in all."""
        nodes = self.fourier()
        found = np.empty(len(self.heads))
        for places in np.array_split(np.arange(len(found)), max(1, len(found) * len(nodes.turn) // AT_ONCE)):
            without = nodes.without(self.heads[places])
            # einsum: at these sizes the threads of a matrix product cost more than they bring
            found[places] = self.heads[places] * np.einsum("cn,n->c", without, nodes.term * nodes.turn).real
        clipped: Floats = np.clip(found / nodes.term.sum().real, 0.0, 1.0)
        return clipped

    def toss(self, rng: np.random.Generator, max_attempts: int) -> Positions:
        """Toss all coins until n show heads; the expected number of attempts is about 2.5 sqrt(sum p (1 - p))."""
        spread = float((self.heads * (1 - self.heads)).sum())
        batch = max(1, min(int(4 * np.sqrt(spread + 1)), AT_ONCE // len(self.heads), max_attempts))
        for _ in range(-(-max_attempts // batch)):
            shown = rng.random((batch, len(self.heads))) < self.heads
            right = np.flatnonzero(shown.sum(axis=1) == self.n)
            if right.size:
                return np.flatnonzero(shown[right[0]])
        raise SamplingError("no_sample_accepted", attempts=max_attempts, units=len(self.heads), n=self.n)


@dataclass(frozen=True, slots=True)
class Fourier:
    """Nodes e**(i angle) on the upper half circle; ``term`` sums (real part) to the probability of n heads."""

    turn: Complexes
    term: Complexes

    def without(self, heads: Floats) -> Complexes:
        """Coins x nodes: what takes a coin out of the characteristic function, 1 / (1 - p + p turn)."""
        kept: Complexes = 1 + np.multiply.outer(heads, self.turn - 1)
        return np.reciprocal(kept)


def conditional_poisson(probabilities: Floats, n: int) -> Coins:
    """The coins whose heads, given n of them, have these inclusion probabilities (each within 0 and 1, sum n).

    Raises
    ------
    SamplingError : the iteration does not settle (probabilities extremely close to 0 or 1)

    References
    ----------
    Chen, Dempster, Liu (1994), Biometrika 81: 457-469; Tillé (2006) ch. 5. Here the fixed point is sought in
    log odds, damped by 1 - 1/N, which keeps every step within 0 and 1.
    """
    if n == 1:
        return Coins.of(np.log(probabilities), 1)
    aim = logit(probabilities)
    log_odds = aim.copy()
    for _ in range(MAX_ROUNDS):
        coins = Coins(expit(log_odds), n)
        if abs(coins.heads.sum() - n) > 0.5:  # nearer than that, n heads are likely enough for the Fourier sum
            coins = Coins.of(log_odds, n)
        reached = coins.inclusion()
        if np.abs(reached - probabilities).max() < CLOSE:
            return Coins.of(log_odds, n)
        log_odds = logit(coins.heads) + (1 - 1 / len(aim)) * (aim - logit(reached))
    raise SamplingError("maxent_unsettled", rounds=MAX_ROUNDS, miss=float(np.abs(reached - probabilities).max()))


def maximum_entropy(probabilities: Numbers, rng: np.random.Generator, *, max_attempts: int = MAX_ATTEMPTS) -> Positions:
    """Conditional Poisson draw: the design of greatest entropy with these inclusion probabilities.

    Parameters
    ----------
    probabilities : inclusion probability of each unit; they sum to a whole number, the size of the sample
    rng : the generator
    max_attempts : Poisson samples tried before the draw is refused

    Returns
    -------
    positions drawn, ascending

    Raises
    ------
    SamplingError : the probabilities are none of a sample of fixed size; no sample accepted (never another design)

    References
    ----------
    Hájek (1964), Annals of Mathematical Statistics 35: 1491-1523; Tillé (2006) ch. 5, rejective procedure.
    R: sampling::UPmaxentropy.
    """
    part = split(probabilities)
    if not part.n_open:
        return part.certain
    return part.with_certain(conditional_poisson(part.probabilities, part.n_open).toss(rng, max_attempts))


def sampford(probabilities: Numbers, rng: np.random.Generator, *, max_attempts: int = MAX_ATTEMPTS) -> Positions:
    """Sampford's draw: exactly the inclusion probabilities asked for, and positive joint ones.

    The design gives a sample s the probability proportional to  prod(p / (1 - p)) sum(1 - p)  over its units. The
    textbook draws with replacement until all units differ, which hardly ever happens beyond some dozens of units. The
    same law is had by drawing one unit with probability proportional to p (1 - c), c being the inclusion
    probabilities of the conditional Poisson draw of n - 1 units with odds p / (1 - p), and then n - 1 of the others
    by that draw.

    Parameters, Returns, Raises : as :func:`maximum_entropy`

    References
    ----------
    Sampford (1967), Biometrika 54: 499-513; Tillé (2006) s. 7.4. R: sampling::UPsampford. The mixture is the same
    product with sum(1 - p) written out term by term, as (1 - p) p / (1 - p) = p; other ways without rejection: Traat,
    Bondesson, Meister (2004), Journal of Statistical Planning and Inference 123: 395-413.
    """
    part = split(probabilities)
    if not part.n_open:
        return part.certain
    first = rng.choice(len(part.open), p=_first_unit(part))
    others = np.delete(np.arange(len(part.open)), first)
    if part.n_open == 1:
        return part.with_certain([first])
    if part.n_open - 1 == len(others):
        return part.with_certain(np.arange(len(part.open)))
    coins = Coins.of(logit(part.probabilities[others]), part.n_open - 1)
    return part.with_certain(np.append(others[coins.toss(rng, max_attempts)], first))


def _first_unit(part: Split) -> Floats:
    p = part.probabilities
    others = Coins.of(logit(p), part.n_open - 1).inclusion() if part.n_open > 1 else np.zeros(len(p))
    chance: Floats = p * (1 - others) / (p @ (1 - others))
    return chance

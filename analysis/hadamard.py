"""Hadamard matrices: square, of +1 and -1, with rows at right angles; what balances half-samples.

Orders come from Sylvester's doubling and from Paley's two constructions over the integers modulo a prime: with q prime,
q + 1 for q ≡ 3 and 2(q + 1) for q ≡ 1 (mod 4).

References: Paley (1933), J. Math. Phys. 12, 311–320; Wolter (2007), Introduction to Variance Estimation, s. 3.2 and
app. A.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.linalg import hadamard

Signs = npt.NDArray[np.int8]


def hadamard_order(above: int) -> int:
    """The smallest order greater than ``above`` that the constructions here reach; never larger than R survey's."""
    order = 1 if above < 1 else 2 if above < 2 else above + 4 - above % 4
    while not _reached(order):
        order += 4
    return order


def hadamard_matrix(order: int) -> Signs:
    """The Hadamard matrix (order, order) whose first row is +1 throughout, so that all other rows sum to zero.

    order : as :func:`hadamard_order` gives.
    """
    if order & (order - 1) == 0:
        return np.asarray(hadamard(order), dtype=np.int8)
    if _is_prime(order - 1):
        return _normalised(_paley_one(order - 1))
    if order % 8 == 4:
        return _normalised(_paley_two(order // 2 - 1))
    half = hadamard_matrix(order // 2)
    return np.block([[half, half], [half, -half]])


def is_hadamard(matrix: npt.NDArray[np.number]) -> bool:
    """A square of ±1 with rows at right angles."""
    rows = matrix.astype(np.float64)
    square = rows.ndim == 2 and rows.shape[0] == rows.shape[1] and bool((np.abs(rows) == 1).all())
    return square and np.array_equal(rows @ rows.T, len(rows) * np.eye(len(rows)))


def _reached(order: int) -> bool:
    if order & (order - 1) == 0:
        return True
    if order % 4:
        return False
    return _is_prime(order - 1) or (order % 8 == 4 and _is_prime(order // 2 - 1)) or _reached(order // 2)


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))


def _differences(q: int) -> Signs:
    """Q (q, q): +1 where the difference of row and column is a square modulo q, -1 where not, 0 on the diagonal."""
    character = np.full(q, -1, dtype=np.int8)
    character[np.arange(1, q) ** 2 % q] = 1
    character[0] = 0
    places = np.arange(q)
    return np.asarray(character[(places[:, None] - places[None, :]) % q])


def _paley_one(q: int) -> Signs:
    """I + S with S the skew conference matrix around Q; q ≡ 3 (mod 4)."""
    matrix = np.ones((q + 1, q + 1), dtype=np.int8)
    matrix[1:, 1:] = _differences(q) + np.eye(q, dtype=np.int8)
    matrix[1:, 0] = -1
    return matrix


def _paley_two(q: int) -> Signs:
    """C ⊗ (1 1; 1 -1) + I ⊗ (1 -1; -1 -1) with C the symmetric conference matrix around Q; q ≡ 1 (mod 4)."""
    conference = np.ones((q + 1, q + 1), dtype=np.int8)
    conference[1:, 1:] = _differences(q)
    conference[0, 0] = 0
    plus, minus = np.array([[1, 1], [1, -1]], dtype=np.int8), np.array([[1, -1], [-1, -1]], dtype=np.int8)
    return np.asarray(np.kron(conference, plus) + np.kron(np.eye(q + 1, dtype=np.int8), minus))


def _normalised(matrix: Signs) -> Signs:
    """Columns turned so that the first row is +1; rows stay at right angles."""
    return np.asarray(matrix * matrix[0])

"""One door to the three kinds of scoring."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from scoring.composite import score_composite
from scoring.dtxhh import score_dtxhh
from scoring.method import Kind, ScoringMethod
from scoring.results import Scores
from scoring.sipas import score_sipas
from scoring.values import Ratings


def score(
    method: ScoringMethod,
    ratings: Ratings | None = None,
    *,
    blocks: Mapping[str, str] | None = None,
    components: pd.DataFrame | None = None,
) -> Scores:
    """The scores of a method from what it scores: ratings (and component values), or component values alone.

    See :func:`scoring.dtxhh.score_dtxhh`, :func:`scoring.sipas.score_sipas` and
    :func:`scoring.composite.score_composite` for the arguments. Raises ValueError if what the kind needs is missing.
    """
    if method.kind is Kind.COMPOSITE:
        if components is None:
            raise ValueError(f"method {method.id} scores component values: give components")
        return score_composite(method, components)
    if ratings is None:
        raise ValueError(f"method {method.id} scores ratings: give ratings")
    if method.kind is Kind.SIPAS:
        return score_sipas(method, ratings, blocks=blocks)
    return score_dtxhh(method, ratings, blocks=blocks, components=components)

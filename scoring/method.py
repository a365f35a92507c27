"""A scoring method as a value: every rule that turns answers into points, each with its source and its status.

The official method is not settled, so nothing of it is code: criteria, points, percentages, group weights and the
rules for "don't know", small groups, bands and rounding are read from a versioned file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

Text = Mapping[str, str]
"""The same words in several languages: language code -> words."""


class Status(StrEnum):
    """How settled a rule is."""

    ASSUMED = "assumed"  # giả định
    PROPOSED = "proposed"  # Viện đề xuất
    APPROVED = "approved"  # đã phê duyệt, số, ngày


class Kind(StrEnum):
    DTXHH = "dtxhh"  # points from ratings by weighted respondent groups
    SIPAS = "sipas"  # satisfaction index of parts, from ratings
    COMPOSITE = "composite"  # component values added up


class Feed(StrEnum):
    """Where the value of a leaf criterion comes from."""

    RATINGS = "ratings"
    COMPONENT = "component"


class GivenAs(StrEnum):
    POINTS = "points"  # 0 .. max_points
    PERCENT = "percent"  # 0 .. 100


class DontKnowRule(StrEnum):
    EXCLUDE = "exclude"
    AS_VALUE = "as_value"


class FewBallotsRule(StrEnum):
    """What happens where a group has fewer ballots than the minimum."""

    RENORMALISE = "renormalise"  # the group leaves the criterion in the whole block, the others share its weight
    ZERO = "zero"  # the group counts, with nothing
    BLOCK_OUT = "block_out"  # the criterion leaves the whole block


class OpenLinksRule(StrEnum):
    """What becomes of a unit whose ratings come from groups with open links: a convenience sample."""

    APART = "apart"  # shown without error, band and rank; feeds no other method
    FEEDS = "feeds"  # as if the sample had been drawn


class SmallSampleRule(StrEnum):
    POOLED = "pooled"


class OtherLists(StrEnum):
    LINEAR = "linear"
    REFUSE = "refuse"


class Counts(StrEnum):
    TOP_LEVELS = "top_levels"  # an answer is satisfied (1) or not (0)
    MEAN_PERCENT = "mean_percent"  # an answer is worth its percentage


class Order(StrEnum):
    """Order of aggregation from the answers to the index of a part."""

    POOLED_ANSWERS = "pooled_answers"
    MEAN_OF_ITEMS = "mean_of_items"
    MEAN_OF_RESPONDENTS = "mean_of_respondents"


class IndexRule(StrEnum):
    APPLICABLE_MAX = "applicable_max"  # 100 x points reached / maximum of what applies to the unit
    FULL_MAX = "full_max"  # 100 x points reached / maximum of the method


class BlankRule(StrEnum):
    """A unit without a value of a component; one that no unit of the block has never applies, except under REFUSE."""

    NOT_APPLICABLE = "not_applicable"  # it does not apply to the unit
    NOT_RANKED = "not_ranked"  # the unit is not scored: it would not be comparable with the others
    REFUSE = "refuse"  # an error of the file


class Ties(StrEnum):
    """Rank of units with the same index, in the words of pandas: 1, 2, 2 then 4, or then 3."""

    LOWEST = "min"
    DENSE = "dense"


class Compare(StrEnum):
    """What ranks and bands look at."""

    ROUNDED = "rounded"  # the printed index, so that equal print is equal rank
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Basis:
    """What a rule rests on."""

    status: Status
    source: str
    number: str = ""  # of the decision that approved it
    date: date | None = None


@dataclass(frozen=True)
class Criterion:
    code: str
    title: Text
    basis: Basis
    max_points: float | None = None  # None in a SIPAS method
    feed: Feed = Feed.RATINGS
    component: str = ""  # name of the component value, feed COMPONENT
    given_as: GivenAs = GivenAs.POINTS
    children: tuple[Criterion, ...] = ()

    @property
    def leaves(self) -> Iterator[Criterion]:
        """The criteria without children, in the order of the file; this one if it has none."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves


@dataclass(frozen=True)
class Ranking:
    basis: Basis
    blocks: Mapping[str, Text]  # code -> title; empty: any block
    ties: Ties
    compare: Compare


@dataclass(frozen=True)
class PercentTable:
    """Answer -> fraction (0..1) of the points, for one choice list; worst level first."""

    basis: Basis
    list_name: str
    fractions: Mapping[str, float]


@dataclass(frozen=True)
class AnswerRule:
    """How answers of lists without a table count, and which kinds of question count at all."""

    basis: Basis
    other_lists: OtherLists
    measures: tuple[str, ...]
    file_scale: str  # scale of a ratings file without a scale column; empty: the column is needed


@dataclass(frozen=True)
class DontKnow:
    basis: Basis
    rule: DontKnowRule
    value: float | None  # fraction, with AS_VALUE
    names: tuple[str, ...]  # choice names that mean "don't know" in a ratings file


@dataclass(frozen=True)
class GroupWeights:
    basis: Basis
    by_criterion: Mapping[str, Mapping[str, float]]  # criterion -> respondent group -> group_weight; each sums to 1


@dataclass(frozen=True)
class FewBallots:
    basis: Basis
    min_ballots: int
    rule: FewBallotsRule
    thin_units_share: float  # up to this share of a block's units may be left unranked to keep a group


@dataclass(frozen=True)
class OpenLinks:
    basis: Basis
    rule: OpenLinksRule


@dataclass(frozen=True)
class SmallSamples:
    """Guard of the standard error: unanimity of a few is not certainty."""

    basis: Basis
    rule: SmallSampleRule
    below: int  # ballots; with fewer, the pooled variance is the least that is accepted


@dataclass(frozen=True)
class Satisfaction:
    basis: Basis
    counts: Counts
    top_levels: Mapping[int, int]  # number of levels of the scale -> how many of the best count as satisfied


@dataclass(frozen=True)
class Aggregation:
    basis: Basis
    order: Order


@dataclass(frozen=True)
class Parts:
    basis: Basis
    component_weights: Mapping[str, float]  # top-level criterion -> its share; sums to 1


@dataclass(frozen=True)
class Index:
    basis: Basis
    rule: IndexRule
    blank: BlankRule  # a component without value


@dataclass(frozen=True)
class Adjustments:
    basis: Basis
    bonus: Mapping[str, float]  # column -> most points that may be added to the index
    penalty: Mapping[str, float]  # column -> most points that may be taken off
    cap: float  # the index never exceeds this


@dataclass(frozen=True)
class Band:
    code: str
    low: float  # included
    high: float  # excluded, except in the best band


@dataclass(frozen=True)
class Bands:
    basis: Basis
    bands: tuple[Band, ...]  # best first


@dataclass(frozen=True)
class Rounding:
    basis: Basis
    digits: int  # of the index, half up, applied last


@dataclass(frozen=True)
class ScoringMethod:
    """One scoring method in one version."""

    id: str
    version: str
    kind: Kind
    year: int
    title: Text
    ranking: Ranking
    criteria: tuple[Criterion, ...]
    index: Index
    rounding: Rounding
    answers: AnswerRule | None = None
    percent_tables: tuple[PercentTable, ...] = ()
    dont_know: DontKnow | None = None
    group_weights: GroupWeights | None = None
    few_ballots: FewBallots | None = None
    small_samples: SmallSamples | None = None
    open_links: OpenLinks | None = None  # None: apart
    satisfaction: Satisfaction | None = None
    aggregation: Aggregation | None = None
    parts: Parts | None = None
    adjustments: Adjustments | None = None
    bands: Bands | None = None

    @cached_property
    def leaves(self) -> tuple[Criterion, ...]:
        """Criteria without children, in the order of the file."""
        return tuple(leaf for top in self.criteria for leaf in top.leaves)

    @cached_property
    def rated(self) -> tuple[Criterion, ...]:
        """Leaf criteria that are scored from ratings."""
        return tuple(leaf for leaf in self.leaves if leaf.feed is Feed.RATINGS)

    @cached_property
    def components(self) -> tuple[Criterion, ...]:
        """Leaf criteria that take a component value."""
        return tuple(leaf for leaf in self.leaves if leaf.feed is Feed.COMPONENT)

    @cached_property
    def scored(self) -> tuple[Criterion, ...]:
        """The criteria that carry group weights: the rated leaves; in SIPAS the parts."""
        return self.criteria if self.kind is Kind.SIPAS else self.rated

    @cached_property
    def respondent_groups(self) -> tuple[str, ...]:
        """Codes of the groups with a weight somewhere, in the order of the file."""
        if self.group_weights is None:
            return ()
        return tuple(dict.fromkeys(g for shares in self.group_weights.by_criterion.values() for g in shares))

    @cached_property
    def fractions(self) -> Mapping[str, PercentTable]:
        """The percent tables by choice list."""
        return MappingProxyType({table.list_name: table for table in self.percent_tables})

    @cached_property
    def full_max(self) -> float:
        """Points of a unit that reaches everything; 100 in SIPAS."""
        return sum(c.max_points or 0.0 for c in self.criteria) if self.kind is not Kind.SIPAS else 100.0

    def max_points_of(self, criterion: Criterion) -> float:
        """Points at stake in a scored criterion; in SIPAS 100 x the component weight of the part."""
        if self.parts is not None:
            return 100.0 * self.parts.component_weights[criterion.code]
        return criterion.max_points or 0.0

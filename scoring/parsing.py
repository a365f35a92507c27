"""From the raw mapping of a method file to a ScoringMethod: shape, types and ranges, all faults at once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from scoring.faults import Fault
from scoring.method import (
    Adjustments,
    Aggregation,
    AnswerRule,
    Band,
    Bands,
    Basis,
    BlankRule,
    Compare,
    Counts,
    Criterion,
    DontKnow,
    DontKnowRule,
    Feed,
    FewBallots,
    FewBallotsRule,
    GivenAs,
    GroupWeights,
    Index,
    IndexRule,
    Kind,
    OpenLinks,
    OpenLinksRule,
    Order,
    OtherLists,
    Parts,
    PercentTable,
    Ranking,
    Rounding,
    Satisfaction,
    ScoringMethod,
    SmallSampleRule,
    SmallSamples,
    Status,
    Ties,
)
from scoring.reading import Section

RATINGS_KEYS = ("answers", "percent_tables", "dont_know", "group_weights", "few_ballots", "small_samples", "open_links")
SIPAS_KEYS = ("satisfaction", "aggregation", "parts")


def method_from(raw: object) -> tuple[ScoringMethod, list[Fault]]:
    """The method a mapping describes, and what is wrong with it; with faults the method must not be used."""
    faults: list[Fault] = []
    top = Section(raw, "", faults)
    kind = top.one_of("kind", Kind)
    method = ScoringMethod(
        id=top.text("id"),
        version=top.text("version"),
        kind=kind,
        year=top.integer("year", 2000, 2100),
        title=top.translations("title"),
        ranking=_ranking(top.section("ranking")),
        criteria=tuple(_criterion(node, kind, None) for node in top.sections("criteria")),
        index=_index(top.section("index")),
        rounding=_rounding(top.section("rounding")),
        adjustments=_adjustments(top.section("adjustments")) if top.has("adjustments") else None,
        bands=_bands(top.section("bands")) if top.has("bands") else None,
        **_rating_rules(top, kind),  # type: ignore[arg-type]
        **_sipas_rules(top, kind),  # type: ignore[arg-type]
    )
    top.close()
    return method, faults


def _rating_rules(top: Section, kind: Kind) -> Mapping[str, object]:
    """The rules of methods that score ratings."""
    if kind is Kind.COMPOSITE:
        top.refuse(kind, *RATINGS_KEYS)
        return {}
    return {
        "answers": _answers(top.section("answers")),
        "percent_tables": tuple(_percent_table(table) for table in top.sections("percent_tables")),
        "dont_know": _dont_know(top.section("dont_know")),
        "group_weights": _group_weights(top.section("group_weights")),
        "few_ballots": _few_ballots(top.section("few_ballots")),
        "small_samples": _small_samples(top.section("small_samples")),
        "open_links": _open_links(top.section("open_links")) if top.has("open_links") else None,
    }


def _sipas_rules(top: Section, kind: Kind) -> Mapping[str, object]:
    """The rules of the satisfaction index."""
    if kind is not Kind.SIPAS:
        top.refuse(kind, *SIPAS_KEYS)
        return {}
    return {
        "satisfaction": _satisfaction(top.section("satisfaction")),
        "aggregation": _aggregation(top.section("aggregation")),
        "parts": _parts(top.section("parts")),
    }


def _basis(rule: Section, inherited: Basis | None = None) -> Basis:
    """Status and source of a rule; a criterion without its own has those of its parent."""
    if inherited is not None and not (rule.has("status") or rule.has("source")):
        return inherited
    status = rule.one_of("status", Status)
    source = rule.text("source")
    number = rule.text("number") if rule.has("number") else ""
    day = rule.day("date") if rule.has("date") else None
    if status is Status.APPROVED and not (number and day):
        rule.note("status", "approved_without_decision")
    return Basis(status, source, number, day)


def _criterion(node: Section, kind: Kind, parent: Basis | None) -> Criterion:
    basis = _basis(node, parent)
    feed = node.one_of("feed", Feed) if node.has("feed") else Feed.RATINGS
    if kind is Kind.SIPAS:
        node.refuse(kind, "max_points", "feed", "component", "given_as")
    criterion = Criterion(
        code=node.text("code"),
        title=node.translations("title"),
        basis=basis,
        max_points=None if kind is Kind.SIPAS else node.number("max_points", 0),
        feed=feed,
        component=node.text("component") if feed is Feed.COMPONENT else "",
        given_as=node.one_of("given_as", GivenAs) if feed is Feed.COMPONENT else GivenAs.POINTS,
        children=_children(node, kind, basis),
    )
    node.close()
    return criterion


def _children(node: Section, kind: Kind, basis: Basis) -> tuple[Criterion, ...]:
    if not node.has("children"):
        return ()
    return tuple(_criterion(child, kind, basis) for child in node.sections("children"))


def _ranking(rule: Section) -> Ranking:
    titles: dict[str, Mapping[str, str]] = {}
    if rule.has("blocks"):
        inner = rule.section("blocks")
        titles = {str(code): inner.translations(str(code)) for code in inner.raw}
    ranking = Ranking(
        basis=_basis(rule),
        blocks=MappingProxyType(titles),
        ties=rule.one_of("ties", Ties),
        compare=rule.one_of("compare", Compare),
    )
    rule.close()
    return ranking


def _answers(rule: Section) -> AnswerRule:
    answers = AnswerRule(
        basis=_basis(rule),
        other_lists=rule.one_of("other_lists", OtherLists),
        measures=rule.texts("measures"),
        file_scale=rule.text("file_scale") if rule.has("file_scale") else "",
    )
    rule.close()
    return answers


def _percent_table(rule: Section) -> PercentTable:
    table = PercentTable(_basis(rule), rule.text("list_name"), rule.numbers("fractions", 0, 1))
    rule.close()
    return table


def _dont_know(rule: Section) -> DontKnow:
    kind = rule.one_of("rule", DontKnowRule)
    value = rule.number("value", 0, 1) if kind is DontKnowRule.AS_VALUE else None
    dont_know = DontKnow(_basis(rule), kind, value, rule.texts("names"))
    rule.close()
    return dont_know


def _group_weights(rule: Section) -> GroupWeights:
    inner = rule.section("by_criterion")
    shares = {str(code): inner.numbers(str(code), 0, 1) for code in inner.raw}
    group_weights = GroupWeights(_basis(rule), shares)
    rule.close()
    return group_weights


def _few_ballots(rule: Section) -> FewBallots:
    few = FewBallots(
        basis=_basis(rule),
        min_ballots=rule.integer("min_ballots", 1),
        rule=rule.one_of("rule", FewBallotsRule),
        thin_units_share=rule.number("thin_units_share", 0, 1),
    )
    rule.close()
    return few


def _small_samples(rule: Section) -> SmallSamples:
    small = SmallSamples(_basis(rule), rule.one_of("rule", SmallSampleRule), rule.integer("below", 2))
    rule.close()
    return small


def _open_links(rule: Section) -> OpenLinks:
    links = OpenLinks(_basis(rule), rule.one_of("rule", OpenLinksRule))
    rule.close()
    return links


def _satisfaction(rule: Section) -> Satisfaction:
    counts = rule.one_of("counts", Counts)
    top_levels: dict[int, int] = {}
    if counts is Counts.TOP_LEVELS:
        for levels, top in rule.numbers("top_levels", 1).items():
            if not levels.isdigit() or top >= int(levels) or top != int(top):
                rule.note(f"top_levels.{levels}", "wrong_type", value=top, expected="a whole number below the key")
            else:
                top_levels[int(levels)] = int(top)
    satisfaction = Satisfaction(_basis(rule), counts, MappingProxyType(top_levels))
    rule.close()
    return satisfaction


def _aggregation(rule: Section) -> Aggregation:
    aggregation = Aggregation(_basis(rule), rule.one_of("order", Order))
    rule.close()
    return aggregation


def _parts(rule: Section) -> Parts:
    parts = Parts(_basis(rule), rule.numbers("component_weights", 0, 1))
    rule.close()
    return parts


def _index(rule: Section) -> Index:
    index = Index(_basis(rule), rule.one_of("rule", IndexRule), rule.one_of("blank", BlankRule))
    rule.close()
    return index


def _adjustments(rule: Section) -> Adjustments:
    adjustments = Adjustments(
        basis=_basis(rule),
        bonus=rule.numbers("bonus", 0) if rule.has("bonus") else {},
        penalty=rule.numbers("penalty", 0) if rule.has("penalty") else {},
        cap=rule.number("cap", 0),
    )
    rule.close()
    return adjustments


def _bands(rule: Section) -> Bands:
    bands = []
    for item in rule.sections("from_best"):
        bands.append(Band(item.text("code"), item.number("low"), item.number("high")))
        item.close()
    result = Bands(_basis(rule), tuple(bands))
    rule.close()
    return result


def _rounding(rule: Section) -> Rounding:
    rounding = Rounding(_basis(rule), rule.integer("digits", 0, 10))
    rule.close()
    return rounding

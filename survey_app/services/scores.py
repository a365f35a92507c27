"""Scoring a closed round: ballots, questionnaires and methods in; points, indices and ranks out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd
from sqlalchemy.orm import Session

from instruments.model import Instrument
from instruments.xlsform import parse_yaml
from scoring.checking import check_fed
from scoring.dtxhh import score_dtxhh
from scoring.faults import Fault, MethodError, TableError
from scoring.loading import parse_method
from scoring.method import Kind, ScoringMethod
from scoring.results import AssumedRule, Scores, as_csv
from scoring.sipas import score_sipas
from scoring.standing import RANKED
from scoring.tables import component_names, components_named
from scoring.values import Ratings, items_of
from scoring.withholding import withheld
from survey_app.models.base import Texts
from survey_app.models.rounds import Mode, Purpose, Status
from survey_app.queries.ratings import group_instruments, invited_by_unit, ratings_frame
from survey_app.queries.rounds import round_by_code, round_units
from survey_app.services.closing import RoundNotClosed

SIPAS_COMPONENT = "sipas"
LEAST_BALLOTS = 5  # results of real people need as many, wherever they appear (assumed)


@dataclass(frozen=True, slots=True)
class ScoredRound:
    """The scores of a round with all that is needed to recompute them."""

    code: str
    title: Texts
    purpose: str
    n_ballots: int
    snapshot_sha256: str  # of the ballots, in whatever order they lie
    unit_names: Mapping[str, str]
    group_titles: Mapping[str, Texts]
    runs: tuple[tuple[ScoringMethod, Scores], ...]  # in the order the round applies its methods

    def canonical_csv(self) -> bytes:
        """Every number of every method in one table, each row with the purpose of the round: real or rehearsal.

        The same ballots give the same bytes.
        """
        tables = [scores.table() for _method, scores in self.runs]
        for table in tables:
            table.insert(0, "purpose", str(self.purpose))
        texts = [as_csv(table) for table in tables]
        return b"".join(texts[:1] + [text.split(b"\n", 1)[1] for text in texts[1:]])


def score_round(
    session: Session,
    round_code: str,
    components: pd.DataFrame | None = None,
    *,
    methods: Sequence[str] | None = None,
) -> ScoredRound:
    """Apply the round's methods to its ballots; a SIPAS index found on the way feeds the methods after it.

    ``components``: rows ``unit, component, value[, se]`` as text, for bonus and penalty points and other components.
    ``methods``: texts to try in place of the round's own.
    Scores come after the close: before it, a change in a score would tell what the last person answered.
    """
    survey_round = round_by_code(session, round_code)
    if survey_round.status != Status.CLOSED:
        raise RoundNotClosed(round_code)
    units = round_units(session, survey_round.id)
    frame = ratings_frame(session, survey_round.id)
    sources = group_instruments(session, survey_round.id)
    forms = {group: parse_yaml(source, f"instrument of {group}") for group, source in sources.items()}
    blocks = {unit.code: unit.block for unit in units}
    open_groups = frozenset(group.code for group in survey_round.groups if group.mode == Mode.OPEN_LINK)
    chosen = [parse_method(text) for text in methods or survey_round.methods]
    if survey_round.purpose == Purpose.REAL:
        _require_crowds(chosen)
    given = None if components is None else _given(components, chosen, blocks)
    return ScoredRound(
        code=survey_round.code,
        title=survey_round.title,
        purpose=survey_round.purpose,
        n_ballots=int(frame["ballot"].nunique()),
        snapshot_sha256=snapshot_sha256(frame),
        unit_names={unit.code: unit.name for unit in units},
        group_titles={group.code: group.title for group in survey_round.groups},
        runs=_runs(
            chosen,
            forms,
            frame,
            blocks,
            open_groups=open_groups,
            invited=invited_by_unit(session, survey_round.id),
            given=given,
        ),
    )


def _require_crowds(chosen: Sequence[ScoringMethod]) -> None:
    """Refuse methods that would show what fewer than five real people said."""
    for method in chosen:
        rule = method.few_ballots
        if rule is not None and rule.min_ballots < LEAST_BALLOTS:
            params = {"value": rule.min_ballots, "low": LEAST_BALLOTS, "high": 1000}
            raise MethodError([Fault(f"{method.id}: few_ballots.min_ballots", "out_of_range", params)])


def snapshot_sha256(frame: pd.DataFrame) -> str:
    """A fingerprint of the ballots that does not depend on their order or numbering; cells say the first-stage unit."""
    columns = sorted(set(frame.columns) - {"ballot", "psu"})
    lines = frame[columns].astype(object).where(frame[columns].notna(), None).map(str).agg("\x1f".join, axis=1)
    ballots = sorted("\x1e".join(sorted(rows)) for _ballot, rows in lines.groupby(frame["ballot"]))
    return hashlib.sha256("\x1d".join([*columns, *ballots]).encode()).hexdigest()


def _runs(
    chosen: Sequence[ScoringMethod],
    forms: Mapping[str, Instrument],
    frame: pd.DataFrame,
    blocks: Mapping[str, str],
    *,
    open_groups: frozenset[str],
    invited: Mapping[tuple[str, str], int],
    given: pd.DataFrame | None,
) -> tuple[tuple[ScoringMethod, Scores], ...]:
    components: pd.DataFrame | None = None
    inherited: tuple[AssumedRule, ...] = ()
    runs = []
    for method in chosen:
        faults = check_fed(method, forms)
        if faults:
            raise MethodError(faults)
        groups = [group for group in method.respondent_groups if group in forms]
        items = tuple(item for group in groups for item in items_of(forms[group], group, method))
        ratings = Ratings(frame[frame["respondent_group"].isin(groups)], items, open_groups, invited)
        if method.kind is Kind.SIPAS:
            scores = score_sipas(method, ratings, blocks=blocks)
            components = _as_components(scores)
            inherited = tuple(replace(rule, path=f"{method.id}: {rule.path}") for rule in scores.assumed_rules)
        else:
            scores = score_dtxhh(method, ratings, blocks=blocks, components=_joined(method, components, given))
            scores = _with_rules(method, scores, inherited)
        runs.append((method, withheld(method, scores)))
    return tuple(runs)


def _given(table: pd.DataFrame, chosen: Sequence[ScoringMethod], blocks: Mapping[str, str]) -> pd.DataFrame:
    """Component values given for a round, checked; the SIPAS index is not among them where the round has its own."""
    own = {SIPAS_COMPONENT} if any(method.kind is Kind.SIPAS for method in chosen) else set()
    names = dict.fromkeys(name for method in chosen for name in component_names(method) if name not in own)
    unknown = [unit for unit in table["unit"].unique() if unit not in blocks]
    if unknown:
        raise TableError(Fault("components", "no_block", {"value": unit}) for unit in unknown)
    return components_named(table.drop(columns="block", errors="ignore"), list(names))


def _joined(method: ScoringMethod, components: pd.DataFrame | None, given: pd.DataFrame | None) -> pd.DataFrame | None:
    """The component values of a method from the round and from those given."""
    if given is None:
        return components
    own = given[given["component"].isin(component_names(method))]
    return own if components is None else pd.concat([components, own], ignore_index=True)


def _with_rules(method: ScoringMethod, scores: Scores, inherited: tuple[AssumedRule, ...]) -> Scores:
    """The scores with the rules behind the SIPAS index, if that is in them: they are no more settled than it is."""
    fed = {leaf.code for leaf in method.components if leaf.component == SIPAS_COMPONENT}
    rows = scores.by_criterion
    if not (rows["criterion"].isin(fed) & (rows["rule"] == "component")).any():
        return scores
    return replace(scores, assumed_rules=(*scores.assumed_rules, *inherited))


def _as_components(scores: Scores) -> pd.DataFrame | None:
    """The SIPAS index of each ranked unit as a component of another method; a convenience sample feeds none."""
    found = scores.by_unit[scores.by_unit["status"] == RANKED]
    if found.empty:
        return None
    return pd.DataFrame(
        {"unit": found["unit"], "component": SIPAS_COMPONENT, "value": found["index"], "se": found["se"]}
    )

"""Outcomes of sampled cases by the codes of AAPOR, and the rates of response, cooperation, refusal and contact.

American Association for Public Opinion Research (2023), Standard Definitions: Final Dispositions of Case Codes and
Outcome Rates for Surveys, 10th edition; a deeper code belongs to the group of its first digits.

What the table of codes was checked against, and what not (the 10th edition itself could not be had):

- groups by first digits and all formulae: GESIS' rrcalc 1.1 (8th edition, 2015) and R outcomerate. Both put all of
  3.2–3.9 into UO. UR, for 3.2 alone, is ours from the 10th edition unchecked; with one e for all unknown cases no rate
  depends on it. 3.5, which rrcalc knows, is not in the table, and neither are 1.0 and 2.0;
- in person: the list of the Chilean CASEN survey of 2015 (2.23–2.25, 2.31–2.33, 2.36, 3.11, 3.17, 3.18, 3.90, 4.10,
  4.5x, 4.6x);
- mail: the 9th edition (2016), "Mail Surveys of Specifically Named Persons": 3.10, 3.11, 3.19, 3.20, 3.21, 3.30, 3.40,
  and 4.70 for people who do not read the language, which is why 4.70 is a code of every mode;
- unchecked: the words of 2.113, 2.26, 2.27, 2.34, 4.80, 4.90 and, for the web, which codes its table leaves out. They
  change no rate: the first two digits decide.

A response rate has a sample as its base. Open links have none: what is counted there is participation, a type of its
own (:class:`Participation`), which has no field in common with :class:`OutcomeRates`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from sampling.door import numbers, shown
from sampling.faults import SamplingError
from sampling.nonresponse import Outcome


class Disposition(StrEnum):
    """Groups of final dispositions, by the letters of the formulae."""

    I = "I"  # complete  # noqa: E741
    P = "P"  # partial
    R = "R"  # refusal and break-off
    NC = "NC"  # non-contact
    O = "O"  # other, eligible  # noqa: E741
    UH = "UH"  # unknown if an occupied household, or whether the address exists
    UR = "UR"  # unknown if an eligible respondent
    UO = "UO"  # unknown, other
    NE = "NE"  # not eligible


class Mode(StrEnum):
    """How a list was asked."""

    WEB = "web"
    MAIL = "mail"
    IN_PERSON = "in_person"


# code -> (Vietnamese, English, modes it occurs in). A code may be written to any depth: 2.1 holds 2.11, 2.111, 2.12.
_ALL = frozenset(Mode)
_LISTS = frozenset({Mode.WEB, Mode.MAIL})
_FACE = frozenset({Mode.IN_PERSON})
CODES: Mapping[str, tuple[str, str, frozenset[Mode]]] = MappingProxyType(
    {
        "1.1": ("hoàn thành", "complete", _ALL),
        "1.2": ("hoàn thành một phần, đủ dùng", "partial, with sufficient information", _ALL),
        "2.10": ("từ chối hoặc bỏ dở", "refusal and break-off", _ALL),
        "2.11": ("từ chối", "refusal", _ALL),
        "2.111": ("người khác từ chối thay", "refusal by another person", _ALL),
        "2.112": ("người được mời từ chối", "refusal by the person sampled", _ALL),
        "2.113": (
            "gửi lại phiếu trống, hoặc mở mà không trả lời câu nào",
            "blank form back, or opened and left",
            _LISTS,
        ),
        "2.12": ("bỏ dở, không đủ dùng", "break-off, with insufficient information", _ALL),
        "2.20": ("không tiếp xúc được", "non-contact", _ALL),
        "2.23": ("không vào được nhà", "unable to enter the building", _FACE),
        "2.24": ("không có ai ở nhà", "nobody at residence", _FACE),
        "2.25": ("người được chọn vắng mặt", "respondent away or unavailable", _FACE),
        "2.26": ("vắng mặt suốt thời gian điều tra", "unavailable during the field period", _LISTS),
        "2.27": ("trả lời sau khi đã đóng", "completed, but not returned in the field period", _LISTS),
        "2.30": ("lý do khác, thuộc đối tượng", "other, eligible", _ALL),
        "2.31": ("đã mất sau khi chọn mẫu", "deceased", _ALL),
        "2.32": ("không đủ sức khỏe để trả lời", "physically or mentally unable", _ALL),
        "2.33": ("trở ngại ngôn ngữ", "language problem", _ALL),
        "2.34": ("không đọc được", "literacy problem", _LISTS),
        "2.36": ("khác", "miscellaneous", _ALL),
        "3.10": ("không biết gì về người hoặc nhà", "nothing known of the person or address", _ALL),
        "3.11": ("chưa gửi, chưa đến", "not sent, not attempted", _ALL),
        "3.17": ("không đến được, nơi nguy hiểm", "unable to reach, unsafe area", _FACE),
        "3.18": ("không tìm thấy địa chỉ", "unable to locate the address", _FACE),
        "3.19": ("không có hồi âm", "nothing ever returned", _LISTS),
        "3.20": ("có nhà, không biết có ai thuộc đối tượng", "unknown if an eligible respondent is there", _ALL),
        "3.21": ("chưa hỏi phần sàng lọc", "no screener completed", _ALL),
        "3.30": ("thư mời bị trả lại", "invitation returned undelivered", _LISTS),
        "3.40": ("bị trả lại, có địa chỉ mới", "returned with forwarding information", _LISTS),
        "3.90": ("chưa rõ, lý do khác", "unknown eligibility, other", _ALL),
        "4.10": ("ngoài đối tượng", "out of sample, screened out", _ALL),
        "4.50": ("không phải nhà ở", "not a housing unit", _FACE),
        "4.60": ("nhà không có người ở", "vacant housing unit", _FACE),
        "4.70": ("không ai thuộc đối tượng", "no eligible respondent", _ALL),
        "4.80": ("đã đủ chỉ tiêu", "quota filled", _ALL),
        "4.90": ("khác, kể cả trùng trong danh sách", "other, duplicate listings included", _ALL),
    }
)
_GROUPS = (
    ("1.1", Disposition.I),
    ("1.2", Disposition.P),
    ("2.1", Disposition.R),
    ("2.2", Disposition.NC),
    ("2.3", Disposition.O),
    ("3.1", Disposition.UH),
    ("3.2", Disposition.UR),
    ("3", Disposition.UO),
    ("4", Disposition.NE),
)
_WEIGHTING = {
    Disposition.I: Outcome.RESPONDENT,
    Disposition.P: Outcome.RESPONDENT,
    Disposition.R: Outcome.NONRESPONDENT,
    Disposition.NC: Outcome.NONRESPONDENT,
    Disposition.O: Outcome.NONRESPONDENT,
    Disposition.UH: Outcome.UNKNOWN,
    Disposition.UR: Outcome.UNKNOWN,
    Disposition.UO: Outcome.UNKNOWN,
    Disposition.NE: Outcome.INELIGIBLE,
}
UNKNOWN = (Disposition.UH, Disposition.UR, Disposition.UO)


@dataclass(frozen=True, slots=True)
class DispositionCounts:
    """Cases, or their weights, by disposition; the letters of AAPOR in lower case."""

    i: float = 0.0
    p: float = 0.0
    r: float = 0.0
    nc: float = 0.0
    o: float = 0.0
    uh: float = 0.0
    ur: float = 0.0
    uo: float = 0.0
    ne: float = 0.0

    @property
    def known_eligible(self) -> float:
        """(I + P) + (R + NC + O)."""
        return self.i + self.p + self.r + self.nc + self.o


@dataclass(frozen=True, slots=True)
class OutcomeRates:
    """Rates of a sample, each from 0 to 1. NaN: the base of that rate is empty (nobody was contacted, say).

    e : eligible share that was assumed of UH, UR and UO cases; e_estimated : from the cases of known eligibility.
    weighted : the counts are sums of weights.
    """

    counts: DispositionCounts
    e: Mapping[str, float]
    e_estimated: bool
    weighted: bool
    rr1: float
    rr2: float
    rr3: float
    rr4: float
    rr5: float
    rr6: float
    coop1: float
    coop2: float
    coop3: float
    coop4: float
    ref1: float
    ref2: float
    ref3: float
    con1: float
    con2: float
    con3: float


@dataclass(frozen=True, slots=True)
class Participation:
    """What can be said of an open link: of those who came, how many sent a ballot. No sample, so no response rate.

    landed : visits that opened the form. completed : ballots. participation_rate : completed / landed.
    """

    landed: int
    completed: int
    participation_rate: float


def dispositions(codes: npt.ArrayLike, *, mode: Mode | None = None) -> npt.NDArray[np.object_]:
    """The group (n,) of each final disposition code; letters (I, P, R …) stand for themselves.

    Codes are text or numbers ("2.12", 2.12, 2.1) of any depth under a code of the table; with a ``mode`` those of
    other modes are refused too.
    """
    places, levels = pd.factorize(pd.Series(codes), use_na_sentinel=False)
    if not len(places):
        raise SamplingError("column_without_rows", name="disposition")
    groups = [_group(_code_text(level), mode) for level in levels]
    wrong = [_code_text(level) or '""' for level, group in zip(levels, groups, strict=True) if group is None]
    if wrong:
        raise SamplingError("bad_disposition", codes=shown(wrong), mode=mode.value if mode else "–")
    return np.asarray(groups, dtype=object)[places]


def weighting_outcomes(codes: npt.ArrayLike, *, mode: Mode | None = None) -> npt.NDArray[np.object_]:
    """What :mod:`sampling.nonresponse` needs (n,): respondents are I and P, nonrespondents R, NC and O."""
    places, groups = pd.factorize(dispositions(codes, mode=mode))
    return np.asarray([_WEIGHTING[group].value for group in groups], dtype=object)[places]


def count_dispositions(groups: npt.ArrayLike, row_weights: npt.ArrayLike | None = None) -> DispositionCounts:
    """Cases by disposition, or the sums of their weights (zero or more)."""
    column = dispositions(groups)
    weighed = np.ones(len(column))
    if row_weights is not None:
        weighed = numbers(row_weights, "row_weights", expected=len(column))
        if weighed.min() < 0 or weighed.max() == 0:
            raise SamplingError("bad_rate_weights")
    return DispositionCounts(**{group.lower(): float(weighed[column == group].sum()) for group in Disposition})


def eligible_share(counts: DispositionCounts) -> float:
    """e by proportional allocation (CASRO): the eligible share among cases of known eligibility.

    (I + P + R + NC + O) / (I + P + R + NC + O + NE), the default of AAPOR's rate calculator; 10th ed., "estimating e".
    Assumes that unknown cases are eligible as often as known ones. Refuses a sample without any known case.
    """
    known = counts.known_eligible + counts.ne
    if known <= 0:
        raise SamplingError("no_known_cases")
    return counts.known_eligible / known


def outcome_rates(
    counts: DispositionCounts | Mapping[str, float],
    *,
    e: float | Mapping[str, float] | None = None,
    weighted: bool = False,
) -> OutcomeRates:
    """All outcome rates of a sample.

    Parameters
    ----------
    counts : cases by disposition, or sums of weights (then say ``weighted``).
    e : share of cases of unknown eligibility that is eligible, from 0 to 1, for all of them or by ``UH``, ``UR``,
        ``UO``; estimated by :func:`eligible_share` if it is not given.

    Raises
    ------
    SamplingError : no case, negative counts, letters that are none, an e outside 0 to 1.

    Notes
    -----
    With K = (I+P) + (R+NC+O) and U = UH+UR+UO: RR1 = I/(K+U), RR2 = (I+P)/(K+U), RR3 = I/(K+eU), RR4 = (I+P)/(K+eU),
    RR5 = I/K, RR6 = (I+P)/K; COOP1 = I/((I+P)+R+O), COOP2 with I+P, COOP3 = I/((I+P)+R), COOP4 with I+P;
    REF1..3 = R over K+U, K+eU, K; CON1..3 = ((I+P)+R+O) over the same.

    References
    ----------
    AAPOR (2023), Standard Definitions, 10th ed., "Calculating outcome rates".
    """
    c = _checked(counts)
    estimated = e is None
    shares = _shares(eligible_share(c) if e is None else e)
    known, done, met = c.known_eligible, c.i + c.p, c.i + c.p + c.r + c.o
    all_unknown = known + c.uh + c.ur + c.uo
    likely = known + sum(shares[group] * getattr(c, group.lower()) for group in UNKNOWN)
    return OutcomeRates(
        counts=c,
        e=MappingProxyType(shares),
        e_estimated=estimated,
        weighted=weighted,
        rr1=_over(c.i, all_unknown),
        rr2=_over(done, all_unknown),
        rr3=_over(c.i, likely),
        rr4=_over(done, likely),
        rr5=_over(c.i, known),
        rr6=_over(done, known),
        coop1=_over(c.i, met),
        coop2=_over(done, met),
        coop3=_over(c.i, done + c.r),
        coop4=_over(done, done + c.r),
        ref1=_over(c.r, all_unknown),
        ref2=_over(c.r, likely),
        ref3=_over(c.r, known),
        con1=_over(met, all_unknown),
        con2=_over(met, likely),
        con3=_over(met, known),
    )


def participation(*, landed: int, completed: int) -> Participation:
    """Participation through an open link: completed / landed. Refuses more ballots than visits, and no visit at all."""
    if not 0 <= completed <= landed or landed == 0:
        raise SamplingError("bad_participation", landed=landed, completed=completed)
    return Participation(landed, completed, completed / landed)


def _code_text(level: object) -> str:
    if isinstance(level, float | np.floating):
        return "" if np.isnan(level) else f"{level:g}"
    return str(level).strip()


def _group(code: str, mode: Mode | None) -> Disposition | None:
    """The group of a code; None if it is none, or none of the mode."""
    if code in list(Disposition):
        return Disposition(code)
    known = [entry for entry in CODES if code.rstrip("0").startswith(entry.rstrip("0"))]
    if not known or not code.replace(".", "", 1).isdigit() or "." not in code:
        return None
    nearest = max(known, key=lambda entry: len(entry.rstrip("0")))
    if mode is not None and mode not in CODES[nearest][2]:
        return None
    return next(group for start, group in _GROUPS if code.startswith(start))


def _checked(counts: DispositionCounts | Mapping[str, float]) -> DispositionCounts:
    if not isinstance(counts, DispositionCounts):
        unknown = [letter for letter in counts if letter not in list(Disposition)]
        if unknown:
            raise SamplingError("bad_disposition", codes=shown(unknown), mode="–")
        counts = DispositionCounts(**{letter.lower(): float(number) for letter, number in counts.items()})
    values = {field.name: float(getattr(counts, field.name)) for field in fields(counts)}
    total = sum(values.values())
    if not np.isfinite(total) or min(values.values()) < 0 or total == 0:
        raise SamplingError("bad_counts", counts=", ".join(f"{letter.upper()} {n:g}" for letter, n in values.items()))
    return counts


def _shares(e: float | Mapping[str, float]) -> dict[str, float]:
    given = dict(e) if isinstance(e, Mapping) else {group.value: e for group in UNKNOWN}
    if set(given) != {group.value for group in UNKNOWN} or not all(0 <= share <= 1 for share in given.values()):
        raise SamplingError("bad_eligible_share", e=", ".join(f"{key} {share}" for key, share in given.items()))
    return {key: float(share) for key, share in given.items()}


def _over(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")

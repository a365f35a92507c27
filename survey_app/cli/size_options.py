"""Options that sample sizes and allocations share: shares as people write them, and what a survey will meet."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import click

from sampling.size import Conditions


class Share(click.ParamType[float]):
    """A share: 5%, 5 %, 0.05 or 0,05. A bare 5 is refused, as nobody knows whether it means 5 % or 500 %."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The share as a fraction."""
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"\s*(-?[0-9]*[.,]?[0-9]+)\s*(%?)\s*", str(value))
        if not found:
            self.fail(f"{value!r} không phải là tỷ lệ / is not a share: 5% , 0.05 , 0,05", param, ctx)
        number = float(found[1].replace(",", "."))
        if not found[2] and number > 1:
            self.fail(f"{value!r}: viết / write {value}% (= {number / 100:g})", param, ctx)
        return number / 100 if found[2] else number


class Amount(click.ParamType[float]):
    """A number with a decimal point or comma; no signs for thousands."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        if isinstance(value, int | float):
            return float(value)
        if not re.fullmatch(r"\s*-?[0-9]*[.,]?[0-9]+([eE][+-]?[0-9]+)?\s*", str(value)):
            self.fail(f"{value!r} không phải là số / is not a number", param, ctx)
        return float(str(value).replace(",", "."))


SHARE = Share()
AMOUNT = Amount()


def condition_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what the survey will meet to a command, which gets it as one argument ``under``."""

    @click.option("--population", type=int, help="People the survey is about; without it so many that it is no matter.")
    @click.option("--deff", type=AMOUNT, default=1.0, show_default=True, help="Design effect.")
    @click.option("--response", type=SHARE, default=1.0, help="Share of those invited who answer, e.g. 60%.")
    @click.option("--eligible", type=SHARE, default=1.0, help="Share of the list that belongs to the population.")
    @click.option("--confidence", type=SHARE, default=0.95, help="Default 95%.")
    @functools.wraps(command)
    def with_conditions(
        *args: object,
        population: int | None,
        deff: float,
        response: float,
        eligible: float,
        confidence: float,
        **kwargs: object,
    ) -> object:
        under = Conditions(confidence, population, deff, response, eligible)
        return command(*args, under=under, **kwargs)

    return with_conditions


def aim_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the four ways to say how precise an estimate should be; the command gets them as one argument ``aim``."""

    @click.option("--margin", type=AMOUNT_OR_SHARE, help="± in the unit of the estimate; for a share 5% or 0.05.")
    @click.option("--relative-margin", type=SHARE, help="± as a share of the estimate.")
    @click.option("--cv", type=SHARE, help="Standard error as a share of the estimate.")
    @click.option("--se", type=AMOUNT_OR_SHARE, help="Standard error.")
    @functools.wraps(command)
    def with_aim(*args: object, **kwargs: Any) -> object:
        aim = {name: kwargs.pop(name) for name in ("margin", "relative_margin", "cv", "se")}
        return command(*args, aim={name: value for name, value in aim.items() if value is not None}, **kwargs)

    return with_aim


class AmountOrShare(click.ParamType[float]):
    """A number, or a share with its sign: 0.05 and 5% are the same."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        if isinstance(value, str) and value.rstrip().endswith("%"):
            return SHARE.convert(value, param, ctx)
        return AMOUNT.convert(value, param, ctx)


AMOUNT_OR_SHARE = AmountOrShare()

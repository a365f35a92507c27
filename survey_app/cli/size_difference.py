"""``survey sample-size difference``: two samples that find a difference, or what two given ones can find."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
import pandas as pd

from sampling.difference import (
    Comparison,
    TwoSampleSize,
    completes_for_difference_of_means,
    completes_for_difference_of_proportions,
    power_for_means,
    power_for_proportions,
)
from survey_app.cli.size_options import AMOUNT, SHARE
from survey_app.cli.tabular import Output, Words, emit, number, output_options, text

SAMPLES: dict[str, Words] = {"first": ("mẫu 1", "sample 1"), "second": ("mẫu 2", "sample 2")}
HEADINGS: dict[str, Words] = {
    "method": ("Mẫu", "Sample"),
    "completes_exact": ("Phiếu (chưa làm tròn)", "Completes, exact"),
    "n_completes": ("Phiếu cần có", "Completes"),
    "invited_exact": ("Mời (chưa làm tròn)", "Invited, exact"),
    "n_invited": ("Số người mời", "Invited"),
    "n_first": ("Phiếu mẫu 1", "Completes, sample 1"),
    "n_second": ("Phiếu mẫu 2", "Completes, sample 2"),
    "difference": ("Chênh lệch", "Difference"),
    "power": ("Lực kiểm định", "Power"),
}
DIGITS = {"completes_exact": 2, "invited_exact": 2, "n_first": 0, "n_second": 0, "power": 3}
POWER: Words = (
    "Nếu chênh lệch thật là {gap} thì {percent} % số lần điều tra như vậy sẽ phát hiện được (mức ý nghĩa {level} %).",
    "If the true difference is {gap}, {percent} % of such surveys would find it (significance {level} %).",
)
ONE_OF = "hoặc / either --p1 --p2 [--both], hoặc / or --difference --sd1 [--sd2]"
ALONE = "--n cho biết lực kiểm định, bỏ / tells the power, leave out: {given}"


@click.command()
@click.option("--p1", type=SHARE, help="Share in sample 1.")
@click.option("--p2", type=SHARE, help="Share in sample 2.")
@click.option("--both", type=SHARE, help="Share with the trait both times, of the people in both samples.")
@click.option("--difference", "gap", type=AMOUNT, help="Of two means, instead of --p1 and --p2.")
@click.option("--sd1", type=AMOUNT, help="Standard deviation in sample 1.")
@click.option("--sd2", type=AMOUNT, help="Standard deviation in sample 2; that of sample 1 if not given.")
@click.option("--rho", type=AMOUNT, default=0.0, help="Correlation of the values of people in both samples.")
@click.option("--power", type=SHARE, help="Default 80%.")
@click.option("--n", type=AMOUNT, help="The other way round: the power of n completes in sample 1.")
@click.option("--n2", type=AMOUNT, help="With --n: completes in sample 2; n / ratio if not given.")
@click.option("--significance", type=SHARE, default=0.05, help="Default 5%.")
@click.option("--one-sided", is_flag=True)
@click.option("--ratio", type=AMOUNT, help="Size of sample 1 / size of sample 2; default 1.")
@click.option("--overlap", type=SHARE, default=0.0, help="Share of sample 1 that is in sample 2 as well.")
@click.option("--deff", type=AMOUNT, default=1.0, show_default=True)
@click.option("--response", type=SHARE, help="Share of those invited who answer.")
@click.option("--eligible", type=SHARE, help="Share of the list that belongs to the population.")
@output_options
def difference(*, output: Output, **given: Any) -> None:
    """Two samples that find a difference between two shares or two means, e.g. of this year and the last.

    Examples: two shares, two means, the power of 400 and 600 completes.

    \b
    survey sample-size difference --p1 80% --p2 84% --deff 1.5 --response 60%
    survey sample-size difference --difference 2 --sd1 18
    survey sample-size difference --p1 80% --p2 84% --n 400 --n2 600
    """
    if given["overlap"] == 0 and (given["both"] is not None or given["rho"] != 0):
        raise click.UsageError(
            "--both, --rho: người có trong cả hai mẫu / of people in both samples, cần / need --overlap"
        )
    of_shares = _is_of_shares(given)
    if given["n"] is not None:
        _show_power(given, of_shares, output)
        return
    if given["n2"] is not None:
        raise click.UsageError("--n2 cần / needs --n")
    frame = pd.DataFrame(_rows(_size(given, _test(given), of_shares)))
    if output.format == "table" and output.out is None:
        frame["method"] = [text(SAMPLES[name], output.lang) for name in frame["method"]]
    emit(frame, output, headings=HEADINGS, digits=DIGITS)


def _is_of_shares(given: Mapping[str, Any]) -> bool:
    shares = [given["p1"], given["p2"]]
    if None not in shares and [given["gap"], given["sd1"], given["sd2"], given["rho"] or None] == [None] * 4:
        return True
    if shares == [None, None] and given["both"] is None and None not in (given["gap"], given["sd1"]):
        return False
    raise click.UsageError(ONE_OF)


def _test(given: Mapping[str, Any]) -> Comparison:
    chosen = {"power": given["power"], "ratio": given["ratio"]}
    chosen |= {"response_rate": given["response"], "eligibility_rate": given["eligible"]}
    return Comparison(
        significance=given["significance"],
        two_sided=not given["one_sided"],
        overlap=given["overlap"],
        deff=given["deff"],
        **{name: value for name, value in chosen.items() if value is not None},
    )


def _size(given: Mapping[str, Any], test: Comparison, of_shares: bool) -> TwoSampleSize:
    if of_shares:
        return completes_for_difference_of_proportions(given["p1"], given["p2"], both=given["both"], test=test)
    return completes_for_difference_of_means(
        given["gap"], sd1=given["sd1"], sd2=given["sd2"], rho=given["rho"], test=test
    )


def _show_power(given: Mapping[str, Any], of_shares: bool, output: Output) -> None:
    idle = [name for name in ("power", "response", "eligible") if given[name] is not None]
    if given["n2"] is not None and given["ratio"] is not None:
        idle.append("ratio")
    if idle:
        raise click.UsageError(ALONE.format(given=", ".join(f"--{name}" for name in idle)))
    n, n2 = given["n"], given["n2"]
    if n <= 0 or (n2 is not None and n2 <= 0):
        raise click.BadParameter("> 0", param_hint="--n, --n2")
    ratio = n / n2 if n2 is not None else given["ratio"] or 1.0
    test = _test({**given, "ratio": ratio})
    if of_shares:
        gap = given["p1"] - given["p2"]
        power = power_for_proportions(given["p1"], given["p2"], n, both=given["both"], test=test)
    else:
        gap, spread = given["gap"], {name: given[name] for name in ("sd1", "sd2", "rho")}
        power = power_for_means(gap, n, **spread, test=test)
    lang = output.lang
    facts = {"percent": number(100 * power, 1, lang), "level": f"{100 * test.significance:g}"}
    shown = f"{number(100 * abs(gap), 1, lang)} %" if of_shares else f"{abs(gap):g}"
    row = {"n_first": n, "n_second": n / ratio, "difference": gap, "power": power}
    emit(pd.DataFrame([row]), output, notes=[text(POWER, lang, gap=shown, **facts)], headings=HEADINGS, digits=DIGITS)


def _rows(size: TwoSampleSize) -> list[dict[str, object]]:
    return [
        {
            "method": name,
            "completes_exact": getattr(size, f"{name}_exact"),
            "n_completes": getattr(size, f"n_{name}"),
            "invited_exact": getattr(size, f"{name}_invited_exact"),
            "n_invited": getattr(size, f"n_{name}_invited"),
        }
        for name in SAMPLES
    ]

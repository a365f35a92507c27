"""Charts from the command line: the words of each chart in both languages, and where its file goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from analysis.charts import Chart, Words
from survey_app.cli.tabular import number

SUFFIXES = (".svg", ".png")

# kind -> language -> fields of analysis.charts.Words
WORDS: dict[str, dict[str, dict[str, Any]]] = {
    "dots": {
        "vi": {
            "title": "Ước lượng và khoảng tin cậy {level} %",
            "text": (
                "{count} dòng; cao nhất {best} ({best_value}), thấp nhất {worst} ({worst_value}); trung bình {mean}."
            ),
            "names": {"mean": "trung bình"},
        },
        "en": {
            "title": "Estimates with {level}% intervals",
            "text": "{count} rows; highest {best} ({best_value}), lowest {worst} ({worst_value}); mean {mean}.",
            "names": {"mean": "mean"},
        },
    },
    "ranks": {
        "vi": {
            "title": "Hạng và các hạng chưa thể loại trừ ({level} %, xét đồng thời)",
            "text": (
                "{count} đơn vị; {first} đứng đầu, có thể thực ra ở hạng {first_high}; {certain} đơn vị có hạng chắc "
                "chắn; khoảng rộng nhất gồm {widest} hạng."
            ),
            "x": "Hạng",
        },
        "en": {
            "title": "Ranks and the ranks that cannot be ruled out ({level}%, all units together)",
            "text": (
                "{count} units; {first} comes first and may truly rank {first_high}; {certain} units have a certain "
                "rank; the widest set holds {widest} ranks."
            ),
            "x": "Rank",
        },
    },
    "likert": {
        "vi": {
            "title": "Tỷ lệ các mức trả lời (%)",
            "text": (
                "{count} câu; tỷ lệ hài lòng cao nhất ở {best} ({best_share} %), thấp nhất ở {worst} ({worst_share} %)."
            ),
        },
        "en": {
            "title": "Shares of the levels (%)",
            "text": (
                "{count} questions; most satisfied with {best} ({best_share}%), least with {worst} ({worst_share}%)."
            ),
        },
    },
    "quadrant": {
        "vi": {
            "title": "Tầm quan trọng và mức độ thực hiện",
            "text": "{count} yếu tố; quan trọng mà chưa tốt: {act}.",
            "x": "Mức độ thực hiện",
            "y": "Tầm quan trọng",
            "names": {"act": "cần cải thiện ngay", "keep": "cần giữ vững", "low": "chưa cấp thiết", "excess": "đã đủ"},
        },
        "en": {
            "title": "Importance and performance",
            "text": "{count} factors; important and not yet good: {act}.",
            "x": "Performance",
            "y": "Importance",
            "names": {"act": "improve now", "keep": "keep up", "low": "not urgent", "excess": "good enough"},
        },
    },
    "scree": {
        "vi": {
            "title": "Giá trị riêng và phân tích song song",
            "text": "{count} nhân tố, nên giữ {kept}; giá trị riêng lớn nhất {first}.",
            "x": "Nhân tố",
            "y": "Giá trị riêng",
            "names": {"observed": "dữ liệu", "reference": "dữ liệu không có cấu trúc"},
        },
        "en": {
            "title": "Eigenvalues and parallel analysis",
            "text": "{count} factors, {kept} to keep; the largest eigenvalue is {first}.",
            "x": "Factor",
            "y": "Eigenvalue",
            "names": {"observed": "data", "reference": "data without structure"},
        },
    },
    "loadings": {
        "vi": {
            "title": "Hệ số tải nhân tố",
            "text": "{count} câu, {factors} nhân tố; hệ số tải lớn nhất ở {strongest}.",
        },
        "en": {
            "title": "Factor loadings",
            "text": "{count} questions, {factors} factors; the strongest loading is that of {strongest}.",
        },
    },
    "quality": {
        "vi": {
            "title": "Dấu hiệu cần xem lại chất lượng phiếu",
            "text": (
                "{count} dấu hiệu; nhiều phiếu bị đánh dấu nhất: {most} ({most_share} %); {above} dấu hiệu có "
                "nhiều phiếu hơn ở phiếu trung thực mô phỏng (chênh lệch nhỏ có thể do ngẫu nhiên)."
            ),
            "x": "% số phiếu",
            "names": {"flagged": "bị đánh dấu", "expected": "tỷ lệ ở phiếu trung thực mô phỏng"},
        },
        "en": {
            "title": "Signs that a ballot should be looked at",
            "text": (
                "{count} signs; most ballots flagged by {most} ({most_share}%); {above} signs have "
                "more than simulated honest ballots (a small difference may be chance)."
            ),
            "x": "% of ballots",
            "names": {"flagged": "flagged", "expected": "share among simulated honest ballots"},
        },
    },
    "returns": {
        "vi": {
            "title": "Số phiếu nhận được theo ngày (lũy kế)",
            "text": "{days} ngày, tổng cộng {total} phiếu.",
            "y": "Phiếu",
        },
        "en": {
            "title": "Ballots received by day (cumulated)",
            "text": "{days} days, {total} ballots in all.",
            "y": "Ballots",
        },
    },
}


def chart_words(kind: str, lang: str, *, title: str = "", level: float = 0.95) -> Words:
    """The words of a chart; a title of the user's own takes the place of ours."""
    fields = WORDS[kind][lang]
    shown = title or fields["title"].format(level=number(100 * level, 0, lang))
    return Words(**{**fields, "title": shown, "number": lambda value, digits: number(value, digits, lang)})


def plot_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--plot PATH``: also draw the result, as .svg or .png."""
    option = click.option(
        "--plot",
        type=click.Path(dir_okay=False, path_type=Path),
        callback=lambda _ctx, _param, path: _drawable(path),
        help="Also draw the result: a file ending in .svg or .png.",
    )
    decorated: Callable[..., Any] = option(command)
    return decorated


def _drawable(path: Path | None) -> Path | None:
    if path is not None and path.suffix.lower() not in SUFFIXES:
        raise click.BadParameter(f"{path}: .svg, .png")
    return path


def save_chart(chart: Chart, path: Path) -> None:
    """Write the figure, and say in a sentence what it shows."""
    path.write_bytes(chart.svg() if path.suffix.lower() == ".svg" else chart.png())
    click.echo(f"{path}: {chart.text}", err=True)

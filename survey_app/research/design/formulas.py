"""The formulas of a design, each with its source, for those who check one (docs/statistics.md has the references)."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from survey_app.design_spec import Coverage, DesignResult, DesignSpec, Stages

FORMULAS: tuple[tuple[Any, Any, frozenset[str]], ...] = (  # what, formula with its source, where it is used
    (
        _l("Cỡ mẫu cho một tỷ lệ"),
        _l(
            "n = N·x/(N − 1 + x), x = deff·p(1 − p)·z²/e². Nguồn: Cochran (1977), mục 4.4; Valliant, Dever, "
            "Kreuter (2018), mục 3.2."
        ),
        frozenset({"share", "one"}),
    ),
    (
        _l("Cỡ mẫu cho một số trung bình"),
        _l("n = x/(1 + x/N), x = deff·S²·z²/e². Nguồn: Cochran (1977), mục 4.6."),
        frozenset({"mean", "one"}),
    ),
    (
        _l("Sai số của kết quả chung"),
        _l("z·√(deff·Σ(N_h·S_h)²·(1/n_h − 1/N_h))/N. Nguồn: Cochran (1977), công thức 5.6."),
        frozenset({"one"}),
    ),
    (
        _l("Mẫu hai giai đoạn"),
        _l(
            "Phương sai p(1 − p)/m·((1 − ICC)/k + ICC − m/M·(ICC + (1 − ICC)/N̄)), m trong M thôn, k phiếu mỗi thôn; "
            "t với m − 1 bậc tự do. Nguồn: Cochran (1977), công thức 10.14; Lohr (2022), mục 5.3."
        ),
        frozenset({"two"}),
    ),
    (
        _l("Hiệu ứng thiết kế trong một đơn vị"),
        _l("1 + (k − 1)·ICC. Nguồn: Kish (1965), mục 5.4."),
        frozenset({"two"}),
    ),
    (
        _l("Phân bổ bằng nhau, theo tỷ lệ"),
        _l("n_h = n/H; n_h = n·N_h/N; làm tròn theo phần dư lớn nhất, giữ mức ít nhất và số người."),
        frozenset({"equal", "proportional"}),
    ),
    (_l("Phân bổ lũy thừa"), _l("n_h theo CV_h·N_h^q. Nguồn: Bankier (1988)."), frozenset({"power"})),
    (
        _l("Phân bổ Neyman"),
        _l("n_h theo N_h·S_h. Nguồn: Neyman (1934); Cochran (1977), mục 5.5; số nguyên tối ưu: Wright (2012)."),
        frozenset({"neyman"}),
    ),
    (
        _l("Phân bổ có xét đơn giá"),
        _l("n_h theo N_h·S_h/√c_h. Nguồn: Cochran (1977), công thức 5.24."),
        frozenset({"cost"}),
    ),
    (
        _l("Chênh lệch phát hiện được giữa hai đơn vị"),
        _l(
            "(t của độ tin cậy + t của lực kiểm định)·√2·sai số chuẩn của một đơn vị, không hiệu chỉnh tổng thể hữu "
            "hạn. Nguồn: Bloom (1995); Valliant, Dever, Kreuter (2018), mục 4.3."
        ),
        frozenset(),
    ),
    (
        _l("Số người mời"),
        _l("n_h chia cho tỷ lệ trả lời dự kiến, làm tròn lên, không quá số người."),
        frozenset(),
    ),
    (
        _l("Công thức Yamane (chỉ để so sánh)"),
        _l(
            "n = N/(1 + N·e²); ngầm định p = 0,5, z = 2, mẫu ngẫu nhiên đơn giản, mọi người đều trả lời, chỉ công bố "
            "một con số chung. Nguồn: Yamane (1967), trang 886."
        ),
        frozenset({"share"}),
    ),
)


def formulas(result: DesignResult, spec: DesignSpec) -> list[tuple[str, str]]:
    """The formulas that a design used, each with its source."""
    staged = spec.stages is Stages.TWO and spec.coverage is Coverage.SAMPLE
    used = {"mean" if spec.of_means else "share", "two" if staged else "one", result.allocation}
    shown = [(what, how) for what, how, where in FORMULAS if where <= used or result.allocation in where]
    return [(str(what), str(how)) for what, how in shown]

"""The sentences about faults of a design file: code -> (Vietnamese, English). The path of the key goes before."""

from __future__ import annotations

from collections.abc import Mapping

from sampling.messages_recipe import RECIPE_TEXTS

DESIGN_TEXTS: Mapping[str, tuple[str, str]] = {
    "design_faults": ("tệp thiết kế có {count} lỗi:", "faults in the design file: {count}"),
    "design_unreadable": (
        "{path}: không đọc được tệp thiết kế: {reason}",
        "{path}: the design file cannot be read: {reason}",
    ),
    "negative_calibrated": (
        "sau calibrate có {count} quyền số âm; hãy đặt bounds hoặc dùng phương pháp raking",
        "calibrate ends in {count} negative weights; set bounds or use the method raking",
    ),
}
FAULT_TEXTS: Mapping[str, tuple[str, str]] = {
    **RECIPE_TEXTS,
    "rho_outside": ("{value:g} phải lớn hơn 0 và nhỏ hơn 1", "{value:g} must lie between 0 and 1"),
    "column_twice": ("cột {value} được dùng hai lần", "column {value} is used twice"),
}

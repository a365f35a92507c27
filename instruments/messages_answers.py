"""What a respondent reads beside an answer that cannot be taken: what happened, what to do, politely."""

from __future__ import annotations

from collections.abc import Mapping

ANSWER_MESSAGES: Mapping[str, Mapping[str, str]] = {
    "required": {
        "vi": "Xin Ông/Bà trả lời câu này.",
        "en": "Please answer this question.",
    },
    "unknown_choice": {
        "vi": "Xin Ông/Bà chọn một trong các phương án của câu này.",
        "en": "Please choose one of the options of this question.",
    },
    "one_answer_only": {
        "vi": "Câu này chỉ nhận một câu trả lời. Xin Ông/Bà chọn lại.",
        "en": "This question takes one answer only. Please choose again.",
    },
    "dont_know_alone": {
        "vi": "“{choice}” không đi cùng phương án khác. Xin Ông/Bà bỏ một trong hai.",
        "en": "“{choice}” cannot go with another option. Please untick one of them.",
    },
    "other_not_chosen": {
        "vi": "Ông/Bà đã ghi ý kiến khác nhưng chưa chọn phương án nào. Xin chọn “Khác” hoặc một phương án khác.",
        "en": "You wrote something under “Other” but chose no option. Please choose “Other” or another option.",
    },
    "not_an_integer": {
        "vi": "Xin Ông/Bà nhập một số nguyên, ví dụ 12.",
        "en": "Please enter a whole number, such as 12.",
    },
    "not_a_decimal": {
        "vi": "Xin Ông/Bà nhập một số, ví dụ 12 hoặc 12,5.",
        "en": "Please enter a number, such as 12 or 12.5.",
    },
    "out_of_range": {
        "vi": "Xin Ông/Bà chọn một số từ {start} đến {end}.",
        "en": "Please choose a number from {start} to {end}.",
    },
    "not_on_step": {
        "vi": "Xin Ông/Bà chọn một số từ {start} đến {end}, cách nhau {step}.",
        "en": "Please choose a number from {start} to {end} in steps of {step}.",
    },
    "not_a_date": {
        "vi": "Xin Ông/Bà nhập ngày theo dạng ngày/tháng/năm, ví dụ 15/03/2026.",
        "en": "Please enter the date as day/month/year, such as 15/03/2026.",
    },
    "text_too_long": {
        "vi": "Nội dung dài {length} ký tự, tối đa {max} ký tự. Xin Ông/Bà rút gọn.",
        "en": "The text has {length} characters, {max} at most. Please shorten it.",
    },
    "constraint": {
        "vi": "Câu trả lời này chưa phù hợp. Xin Ông/Bà kiểm tra lại.",
        "en": "This answer does not fit. Please check it.",
    },
}

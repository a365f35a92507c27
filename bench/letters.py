"""How long letters for 2,000 people take: addresses, codes and PDF, with the words that come with the platform.

python bench/letters.py [people]
"""

from __future__ import annotations

import sys
import time
from uuid import UUID

from survey_app.documents.letters import Letter, Letterhead, cards_pdf, letters_pdf
from survey_app.invitation_letters import spaced
from survey_app.security import link_secret, write_code
from survey_app.services.letter_words import anonymity, filled, shipped

VALUES = {
    "title": "Điều tra xã hội học phục vụ xác định Chỉ số cải cách hành chính năm 2026 của các sở",
    "asked_by": "Viện Nghiên cứu phát triển kinh tế – xã hội Hà Nội",
    "legal_basis": "Kế hoạch xác định Chỉ số cải cách hành chính năm 2026.",
    "deadline": "31/12/2026",
    "minutes": "12",
    "results_when": "Kết quả được công bố trong tháng 02/2027.",
    "hotline": "024 3825 1234",
    "anonymity": anonymity(anonymous=True)["vi"],
}


def letters(n: int, kind: str) -> list[Letter]:
    """Made-up people with links that differ."""
    body = filled(shipped()[kind]["vi"], VALUES)
    found = []
    for number in range(n):
        code = write_code(link_secret(bytes(32), UUID(int=number)))
        about = ("Phó Trưởng phòng", "Sở Nội vụ")
        link = f"https://khaosat.example.vn/p/{code}"
        found.append(
            Letter(
                f"{number:04}", f"Ông/Bà Nguyễn Thị {number}", about, body, link, spaced(code), f"Thư số {number:04}"
            )
        )
    return found


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    head = Letterhead(VALUES["asked_by"], VALUES["title"], place_and_day="Hà Nội, ngày 15 tháng 10 năm 2026")
    for kind, make in (("letter", letters_pdf), ("card", cards_pdf)):
        start = time.perf_counter()
        pdf = make(head, letters(n, kind), language="vi", site="khaosat.example.vn")
        print(f"{n} {kind}s: {time.perf_counter() - start:.1f} s, {len(pdf) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

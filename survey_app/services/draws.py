"""Draws: a sample from a frame with its replacements, sealed; and the files from which anybody can draw it again."""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling import draws as sampling_draws
from sampling.frame import canonical
from sampling.multistage import self_weighting
from sampling.waves import in_waves
from survey_app.draw_record import SUFFIX, engines, record_text, sample_table
from survey_app.media import media_type_of
from survey_app.models.base import Facts
from survey_app.models.designs import Draw, Frame
from survey_app.models.jobs import StoredFile
from survey_app.models.rounds import SurveyRound
from survey_app.services.draw_plans import TWO_STAGE, DrawSpec, Prepared, prepare
from survey_app.services.files import FileStore, read_file, store_file
from survey_app.services.frames import PARQUET
from survey_app.tables import numbers, read_table, write_table

FRAME_FILE, SAMPLE_FILE = "khung", "mau"
ZIPPED_ON = (1980, 1, 1, 0, 0, 0)  # the same draw gives the same bytes
DRAWN_COLUMNS = ("wave", "turn", "base_weight", "psu")
README = """\
Tệp chọn mẫu / Files of a draw

{frame}: khung mẫu, không có họ tên, điện thoại, địa chỉ / the frame, without names, telephones or addresses
{sample}: những người được chọn; wave 0 hỏi trước, wave 1, 2, … là người thay thế theo thứ tự turn
    those drawn; wave 0 is asked first, wave 1, 2, … replace them in the order of turn
{sample}{suffix}: phương pháp, hạt giống, mã băm của khung / method, seed and hash of the frame

Ai cũng có thể chọn lại và so sánh bằng một lệnh, trong thư mục chứa các tệp này:
Anybody can draw again and compare with one command, in the folder of these files:

    {command}
"""


@dataclass(frozen=True, slots=True)
class MadeDraw:
    """A draw before it is kept."""

    sample: pd.DataFrame  # rows of the frame that were drawn, contacts included, with DRAWN_COLUMNS
    package: bytes  # a zip: frame and sample without contacts, record, how to check
    sample_sha256: str  # of the sample's file in the package
    counts: Facts
    command: str


def make_draw(rows: pd.DataFrame, spec: DrawSpec, report: Callable[[int], None] | None = None) -> MadeDraw:
    """Draw from the rows of a frame. The same rows and spec give the same bytes.

    :raise DrawRefused: see :func:`survey_app.services.draw_plans.prepare`.
    :raise SamplingError: what the method refuses.
    """
    prepared = prepare(rows, spec)
    drawn = sampling_draws.draw(prepared.public, prepared.plan, np.random.default_rng(spec.seed), report=report)
    sample = sample_table(prepared.public, drawn)
    sample = pd.concat([sample, in_waves(sample, "ref", prepared.waves, spec.seed)], axis=1)
    record = record_text(drawn, spec.seed, prepared.waves)
    suffix = _suffix_that_keeps(prepared, drawn.frame_sha256)
    frame_name, sample_name = FRAME_FILE + suffix, SAMPLE_FILE + suffix
    command = f"survey draw verify {frame_name} {sample_name}"
    sample_bytes = _file_bytes(sample, suffix)
    names = {"frame": frame_name, "sample": sample_name, "suffix": SUFFIX, "command": command}
    package = _zip(
        {
            frame_name: _file_bytes(prepared.public, suffix),
            sample_name: sample_bytes,
            sample_name + SUFFIX: record.encode(),
            "DOC-TRUOC.txt": README.format(**names).encode(),
        }
    )
    counts = _counts(prepared, drawn, sample, spec)
    kept = _with_contacts(rows, prepared, drawn, sample, spec)
    return MadeDraw(kept, package, hashlib.sha256(sample_bytes).hexdigest(), counts, command)


def _with_contacts(
    rows: pd.DataFrame, prepared: Prepared, drawn: sampling_draws.Draw, sample: pd.DataFrame, spec: DrawSpec
) -> pd.DataFrame:
    """The drawn rows of the frame as they are kept, in the order of the sample."""
    found = rows.loc[prepared.places[drawn.positions]].reset_index(drop=True)
    weights = sample["person_weight"] if "person_weight" in sample else sample["design_weight"]
    psu = found["cluster"] if spec.method == TWO_STAGE else ""
    return found.assign(wave=sample["wave"], turn=sample["turn"], base_weight=weights, psu=psu)


def _counts(prepared: Prepared, drawn: sampling_draws.Draw, sample: pd.DataFrame, spec: DrawSpec) -> Facts:
    """Drawn and in reserve, in all and by stratum."""
    label = sample["unit_code"] if spec.sizes else pd.Series("", index=sample.index)
    first = (sample["wave"] == 0).groupby(label).sum()
    everybody = label.groupby(label).size()
    spread = self_weighting(drawn.design_weight)
    waves = sample["wave"].value_counts().sort_index()
    return {
        "frame": drawn.n_frame,
        "first": int((sample["wave"] == 0).sum()),
        "reserve": int((sample["wave"] > 0).sum()),
        "waves": {str(wave): int(n) for wave, n in waves.items()},
        "least_weight": round(spread.least, 6),
        "greatest_weight": round(spread.greatest, 6),
        "kish_deff": round(spread.kish_deff, 4),
        "left_out": dict(prepared.left_out),
        "frame_sha256": drawn.frame_sha256,
        "strata": [
            {
                "code": stratum.code,
                "population": stratum.population,
                "wanted": stratum.wanted,
                "first": int(first.get(stratum.code, 0)),
                "reserve": int(everybody.get(stratum.code, 0) - first.get(stratum.code, 0)),
            }
            for stratum in prepared.strata
        ],
    }


# --- files -----------------------------------------------------------------------------------------------------------


def _suffix_that_keeps(prepared: Prepared, sha256: str) -> str:
    """CSV, which everybody can read, unless a column of codes would come back as numbers from it; then Parquet."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.csv"
        write_table(prepared.public, path)
        again = read_table(path)
        columns = prepared.plan.columns()
        figures = {name: numbers(again, name, path=path) for name in (*columns.sizes, *columns.numbers)}
        same = canonical(again.assign(**figures) if figures else again, columns).sha256 == sha256
    return ".csv" if same else ".parquet"


def _file_bytes(table: pd.DataFrame, suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table{suffix}"
        write_table(table, path)
        return path.read_bytes()


def _zip(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, ZIPPED_ON), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def store_draw(
    session: Session,
    files: FileStore,
    survey_round: SurveyRound,
    frame: Frame,
    spec: DrawSpec,
    *,
    made: MadeDraw,
    job_id: str,
    contact_key: bytes,
    account_id: int | None,
    today: date,
) -> Draw:
    """Keep a draw: who was drawn, sealed; the files that repeat it; the row. The same job again changes nothing."""
    for known in session.scalars(select(Draw).where(Draw.frame_id == frame.id)):
        if known.spec.get("job_id") == job_id:
            return known
    common: dict[str, Any] = {
        "survey_round": survey_round,
        "contact_key": contact_key,
        "account_id": account_id,
        "today": today,
        "lifetime_days": None,
    }
    data = _parquet(made.sample)
    sealed = store_file(
        session, files, kind="sample", name=f"{frame.name}.mau.parquet", media_type=PARQUET, data=data, **common
    )
    name = f"chon-mau-{survey_round.code}-{frame.id}-{spec.seed}.zip"
    package = store_file(
        session, files, kind="draw", name=name, media_type=media_type_of(name), data=made.package, **common
    )
    draw = Draw(
        frame_id=frame.id,
        sample_plan_id=spec.sample_plan_id,
        method=spec.method,
        seed=spec.seed,
        spec={
            **spec.as_params(),
            "job_id": job_id,
            "package_id": str(package.id),
            "command": made.command,
            "versions": {**engines(), "survey-platform": importlib.metadata.version("survey-platform")},
        },
        sample_sha256=made.sample_sha256,
        counts=made.counts,
        stored_file_id=sealed.id,
        drawn_on=today,
        drawn_by=account_id,
    )
    session.add(draw)
    session.flush()
    return draw


def _parquet(table: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    pyarrow.parquet.write_table(pa.Table.from_pandas(table, preserve_index=False), out, compression="zstd")
    return out.getvalue()


def drawn_people(session: Session, files: FileStore, draw: Draw, contact_key: bytes) -> pd.DataFrame:
    """Who was drawn, contacts included, with wave and turn."""
    _stored, data = read_file(session, files, draw.stored_file_id, contact_key)
    found: pd.DataFrame = pyarrow.parquet.read_table(pa.BufferReader(data)).to_pandas()
    return found


def package_of(session: Session, files: FileStore, draw: Draw, contact_key: bytes) -> tuple[StoredFile, bytes]:
    """The files that repeat a draw, as a zip."""

    return read_file(session, files, UUID(draw.spec["package_id"]), contact_key)

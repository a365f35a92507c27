"""Frames: lists of people or of their files, kept sealed; in the database only their counts and their hash."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from sampling.frame import Columns, canonical
from survey_app.models.base import Facts
from survey_app.models.designs import ColumnMapping, Draw, Frame
from survey_app.models.jobs import StoredFile
from survey_app.models.rounds import RatingScope, RespondentGroup, SurveyRound
from survey_app.queries.rounds import round_units
from survey_app.services.files import FileStore, destroy_file, read_file, store_file
from survey_app.services.frame_checks import (
    FIELDS,
    CheckedList,
    Listed,
    PersonRule,
    Reading,
    checked_list,
)
from survey_app.uploads import Sheet, heading_key
from survey_app.uploads.faults import CellFault, column_letters

KIND, UPLOAD = "frame", "frame_upload"
PARQUET = "application/vnd.apache.parquet"
UPLOAD_DAYS = 7  # a list that nobody read in is not kept longer
ROW = "\x00row"  # the column with the number of the row, which no heading can be
LABELS, SIZES = ("unit_code", "cluster", "person"), ("adults", "size")
HEADINGS: Mapping[str, tuple[str, ...]] = {  # field -> beginnings of headings, as ``heading_key`` writes them
    "ref": ("mahoso", "sohoso", "maphieu", "mabiennhan", "sobiennhan", "maso", "magiaodich", "ref", "id", "ma"),
    "person": ("manguoi", "sodinhdanh", "madinhdanh", "cccd", "cmnd", "socccd", "person"),
    "name": ("hovaten", "hoten", "tennguoi", "hotennguoinop", "nguoinop", "chuhoso", "ten", "fullname", "name"),
    "phone": ("sodienthoai", "dienthoai", "sdt", "didong", "phone", "mobile", "tel"),
    "email": ("email", "thudientu", "diachiemail"),
    "address": ("diachi", "noio", "noicutru", "address"),
    "position": ("chucvu", "chucdanh", "position"),
    "organisation": ("coquan", "tochuc", "noicongtac", "organisation", "organization"),
    "unit": ("madonvi", "maxa", "maphuong", "maxaphuong", "donvi", "xaphuong", "phuongxa", "unitcode", "unit"),
    "cluster": ("thonto", "todanpho", "thon", "todp", "to", "diaban", "cum", "cluster"),
    "on": ("ngaygiaodich", "ngaytiepnhan", "ngaynop", "ngaytra", "ngayhen", "ngay", "date"),
    "adults": ("songuoilon", "nguoitu18", "nguoilon", "adults"),
    "size": ("quymo", "sodan", "danso", "soho", "size"),
}


class FrameRefused(ValueError):
    """The list has faults; nothing was read in."""

    def __init__(self, faults: Sequence[CellFault], n_faults: int) -> None:
        self.code = "frame_faults"
        self.faults = tuple(faults)
        self.params = {"n": n_faults, "faults": [[fault.cell, fault.code, dict(fault.params)] for fault in faults]}
        super().__init__(f"{n_faults} faults")


class FrameEmptied(LookupError):
    """The rows of this frame were deleted."""

    code = "frame_emptied"


@dataclass(frozen=True, slots=True)
class FrameOrder:
    """What somebody asked to be read in, and how."""

    upload_id: UUID
    group_code: str
    name: str
    mapping: Mapping[str, str]  # field -> heading
    person_rule: PersonRule
    recall_from: date | None
    restore_zeros: bool
    refuse_contacts: bool

    def as_params(self) -> Facts:
        """As a job keeps it; :func:`order_from` reads it."""
        return {
            "upload_id": str(self.upload_id),
            "group_code": self.group_code,
            "name": self.name,
            "mapping": dict(self.mapping),
            "person_rule": str(self.person_rule),
            "recall_from": self.recall_from.isoformat() if self.recall_from else None,
            "restore_zeros": self.restore_zeros,
            "refuse_contacts": self.refuse_contacts,
        }


def order_from(params: Facts) -> FrameOrder:
    """The order that :meth:`FrameOrder.as_params` wrote."""
    recall = params["recall_from"]
    return FrameOrder(
        UUID(params["upload_id"]),
        str(params["group_code"]),
        str(params["name"]),
        dict(params["mapping"]),
        PersonRule(params["person_rule"]),
        date.fromisoformat(recall) if recall else None,
        bool(params["restore_zeros"]),
        bool(params["refuse_contacts"]),
    )


# --- uploads ---------------------------------------------------------------------------------------------------------


def keep_upload(
    session: Session,
    files: FileStore,
    survey_round: SurveyRound,
    sheet: Sheet,
    filename: str,
    *,
    contact_key: bytes,
    account_id: int | None,
    today: date,
) -> StoredFile:
    """Keep the cells of an uploaded list, sealed, until somebody has said what its columns mean."""
    places = dict(zip(sheet.header, map(column_letters, sheet.positions), strict=True))
    table = sheet.frame()
    table[ROW] = np.asarray(sheet.row_numbers, dtype=np.int64)
    data = _parquet(table, {"letters": json.dumps(places)})
    return store_file(
        session,
        files,
        kind=UPLOAD,
        name=filename,
        media_type=PARQUET,
        data=data,
        survey_round=survey_round,
        contact_key=contact_key,
        account_id=account_id,
        today=today,
        lifetime_days=UPLOAD_DAYS,
    )


def read_upload(
    session: Session, files: FileStore, survey_round: SurveyRound, upload_id: UUID, contact_key: bytes
) -> tuple[str, Listed]:
    """The name of a file that was uploaded for a round, and its cells."""
    stored, data = read_file(session, files, upload_id, contact_key, of=(UPLOAD, survey_round.id))
    arrow = pyarrow.parquet.read_table(pa.BufferReader(data))
    letters = json.loads((arrow.schema.metadata or {})[b"letters"])
    table = arrow.to_pandas()
    numbers = table.pop(ROW).to_numpy(dtype=np.int64)
    return stored.name, Listed(table.astype("str"), letters, numbers)


def _parquet(table: pd.DataFrame, notes: Mapping[str, str] | None = None) -> bytes:
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    if notes:
        arrow = arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), **notes})
    out = io.BytesIO()
    pyarrow.parquet.write_table(arrow, out, compression="zstd")
    return out.getvalue()


# --- what columns mean -----------------------------------------------------------------------------------------------


def header_sha256(headings: Sequence[str]) -> str:
    """What a header is known by when it comes again."""
    return hashlib.sha256("\n".join(headings).encode()).hexdigest()


def remembered_mapping(session: Session, headings: Sequence[str]) -> dict[str, str] | None:
    """What these columns meant the last time, or None."""
    found = session.scalar(_mapping_of(headings))
    return {str(name): str(heading) for name, heading in found.mapping.items()} if found else None


def remember_mapping(session: Session, headings: Sequence[str], mapping: Mapping[str, str], today: date) -> None:
    """Keep what these columns mean for the next file with the same header."""
    found = session.scalar(_mapping_of(headings)) or ColumnMapping(kind=KIND, header_sha256=header_sha256(headings))
    found.mapping, found.used_on = dict(mapping), today
    session.add(found)
    session.flush()


def _mapping_of(headings: Sequence[str]) -> Any:
    return select(ColumnMapping).where(
        ColumnMapping.kind == KIND, ColumnMapping.header_sha256 == header_sha256(headings)
    )


def guessed_mapping(headings: Sequence[str]) -> dict[str, str]:
    """What the columns seem to mean, by the beginnings of their headings; no column means two things."""
    keys = {heading: re.sub(r"^(?:stt)?", "", heading_key(heading)) for heading in headings}
    found: dict[str, str] = {}
    for exact in (True, False):
        for name in FIELDS:
            if name in found:
                continue
            for known in HEADINGS[name]:
                meant = next(
                    (h for h, key in keys.items() if h not in found.values() and _fits(key, known, exact)), None
                )
                if meant is not None:
                    found[name] = meant
                    break
    return found


def _fits(key: str, known: str, exact: bool) -> bool:
    return key == known if exact else len(known) > 3 and key.startswith(known)


# --- frames ----------------------------------------------------------------------------------------------------------


def check_upload(
    session: Session,
    files: FileStore,
    survey_round: SurveyRound,
    group: RespondentGroup,
    order: FrameOrder,
    *,
    contact_key: bytes,
    today: date,
) -> tuple[list[str], CheckedList]:
    """The headings of an uploaded list, and its rows as a frame will hold them. Reads only.

    :raise FrameRefused: the list has faults.
    """
    _name, listed = read_upload(session, files, survey_round, order.upload_id, contact_key)
    lacking = [name for name in needed_fields(group) if name not in order.mapping]
    strange = [heading for heading in order.mapping.values() if heading not in listed.letters]
    if lacking or strange:
        raise FrameRefused([CellFault("", "field_not_mapped", {"field": name}) for name in lacking + strange], 1)
    units = {unit.code: unit.name for unit in round_units(session, survey_round.id)}
    reading = Reading(
        order.mapping,
        units,
        today,
        order.person_rule,
        order.recall_from,
        order.restore_zeros,
        order.refuse_contacts,
    )
    checked = checked_list(listed, reading)
    if checked.n_faults:
        raise FrameRefused(checked.faults, checked.n_faults)
    return list(listed.letters), checked


def needed_fields(group: RespondentGroup) -> tuple[str, ...]:
    """The fields without which nobody of this group could be invited."""
    return ("unit",) if group.rating_scope in (RatingScope.OWN, RatingScope.ALL_BUT_OWN) else ()


def store_frame(
    session: Session,
    files: FileStore,
    survey_round: SurveyRound,
    group: RespondentGroup,
    order: FrameOrder,
    *,
    checked: CheckedList,
    contact_key: bytes,
    account_id: int | None,
    today: date,
) -> Frame:
    """Keep the rows of a frame, sealed, and their counts; the uploaded cells go. The same order twice is one frame."""
    known = frame_of_upload(session, survey_round, order.upload_id)
    if known is not None:
        return known
    stored = store_file(
        session,
        files,
        kind=KIND,
        name=f"{order.name}.parquet",
        media_type=PARQUET,
        data=_parquet(checked.rows),
        survey_round=survey_round,
        contact_key=contact_key,
        account_id=account_id,
        today=today,
        lifetime_days=None,
    )
    frame = Frame(
        survey_round_id=survey_round.id,
        respondent_group_id=group.id,
        stored_file_id=stored.id,
        name=order.name,
        n_rows=len(checked.rows),
        sha256=frame_sha256(checked.rows),
        mapping={"fields": dict(order.mapping), "upload_id": str(order.upload_id)},
        report=checked.report,
        uploaded_on=today,
        uploaded_by=account_id,
    )
    session.add(frame)
    destroy_file(session, files, order.upload_id, today)
    session.flush()
    return frame


def frame_of_upload(session: Session, survey_round: SurveyRound, upload_id: UUID) -> Frame | None:
    """The frame that was made of an upload, if it was."""
    found = session.scalars(select(Frame).where(Frame.survey_round_id == survey_round.id))
    return next((frame for frame in found if frame.mapping.get("upload_id") == str(upload_id)), None)


def frame_rows(session: Session, files: FileStore, frame: Frame, contact_key: bytes) -> pd.DataFrame:
    """The rows of a frame, contacts included."""
    stored = session.get_one(StoredFile, frame.stored_file_id)
    if stored.destroyed_on is not None:
        raise FrameEmptied(frame.name)
    _stored, data = read_file(session, files, frame.stored_file_id, contact_key)
    rows: pd.DataFrame = pyarrow.parquet.read_table(pa.BufferReader(data)).to_pandas()
    return rows


def public_frame(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns of a frame that a draw may read: numbers, units and sizes; nobody's name."""
    kept = [name for name in LABELS if (rows[name] != "").all()]
    sized = [name for name in SIZES if rows[name].notna().all()]
    return rows[["ref", *kept, *sized]].reset_index(drop=True)


def frame_sha256(rows: pd.DataFrame) -> str:
    """The hash of a frame without contacts, the same in whatever order its rows stand; see ``sampling.frame``."""
    public = public_frame(rows)
    labels = tuple(name for name in LABELS if name in public)
    sizes = tuple(name for name in SIZES if name in public)
    return canonical(public, Columns("ref", labels=labels, sizes=sizes)).sha256


def delete_frame(session: Session, files: FileStore, frame: Frame, today: date) -> bool:
    """Destroy the rows of a frame. A frame that was drawn from stays as a note of what it was; whether it went."""
    destroy_file(session, files, frame.stored_file_id, today)
    if session.scalar(select(Draw.id).where(Draw.frame_id == frame.id).limit(1)):
        return False
    session.execute(delete(Frame).where(Frame.id == frame.id))
    return True

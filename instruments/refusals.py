"""Words of XLSForm that are refused, and why: no respondent's phone may say who or when to the second."""

from __future__ import annotations

METADATA = {
    "start": "metadata_time",
    "end": "metadata_time",
    "today": "metadata_day",
    "audit": "metadata_audit",
    "background-geopoint": "metadata_identity",
    "start-geopoint": "metadata_identity",
    "background-audio": "metadata_identity",
    "deviceid": "metadata_identity",
    "username": "metadata_identity",
    "phonenumber": "metadata_identity",
    "phone_number": "metadata_identity",
    "email": "metadata_identity",
    "simserial": "metadata_identity",
    "subscriberid": "metadata_identity",
}
"""Metadata type -> the code of the fault that explains its refusal."""

UNSUPPORTED_TYPES = frozenset(
    [
        "geopoint",
        "geotrace",
        "geoshape",
        "image",
        "audio",
        "video",
        "file",
        "barcode",
        "time",
        "dateTime",
        "datetime",
        "rank",
        "acknowledge",
        "trigger",
        "hidden",
        "xml-external",
        "csv-external",
        "select_one_from_file",
        "select_multiple_from_file",
        "select_one_external",
        "range-picker",
        "signature",
        "draw",
        "annotate",
        "osm",
        "bearing",
    ]
)

OTHER_FORMS_SETTINGS = frozenset(
    [
        "public_key",
        "submission_url",
        "auto_send",
        "auto_delete",
        "instance_name",
        "instance_id",
        "instance_xmlns",
        "namespaces",
        "style",
        "sms_keyword",
        "sms_separator",
        "sms_allow_media",
        "sms_date_format",
        "sms_datetime_format",
        "sms_response",
        "omit_instanceid",
        "allow_choice_duplicates",
        "attribute",
        "client_editable",
        "clean_text_values",
        "prefix",
        "delimiter",
    ]
)

REFUSED_CHOICE_COLUMNS = frozenset(
    [
        "image",
        "audio",
        "video",
        "big-image",
        "geometry",
        "media",
        "sms_option",
        "media_image",
        "media_audio",
        "media_video",
    ]
)

REFUSED_SHEETS = frozenset({"external_choices", "entities", "osm", "cascades", "columns"})

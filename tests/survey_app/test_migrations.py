"""The schema that migrations make is the one that the models describe, down and up again with what is in it."""

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from rounds import make_round, people, vote, voters
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.db import alembic_config, make_engine, upgrade
from survey_app.models.base import Base
from survey_app.models.units import Unit
from survey_app.security import KeyRing


def constraints(engine: Engine) -> dict:
    """Every constraint and index of the database, by table."""
    found = inspect(engine)
    return {
        table: {
            "primary key": found.get_pk_constraint(table)["constrained_columns"],
            "unique": sorted((c["name"] or "", tuple(c["column_names"])) for c in found.get_unique_constraints(table)),
            "checks": sorted((c["name"], c["sqltext"]) for c in found.get_check_constraints(table)),
            "foreign keys": sorted((c["name"] or "", c["referred_table"]) for c in found.get_foreign_keys(table)),
            "indexes": sorted((c["name"], tuple(c["column_names"])) for c in found.get_indexes(table)),
        }
        for table in found.get_table_names()
        if table != "alembic_version"
    }


def test_the_migrated_schema_is_that_of_the_models(engine: Engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_constraints_are_those_of_the_models(empty_engine_url: str):
    """Alembic compares no checks, so both schemas are made in turn and read back."""
    engine = make_engine(empty_engine_url)
    Base.metadata.create_all(engine)
    by_models = constraints(engine)
    Base.metadata.drop_all(engine)
    upgrade(engine)
    assert constraints(engine) == by_models
    assert by_models["ballot"]["checks"]
    engine.dispose()


def test_tables_of_people_and_ballots_have_no_rowid_on_sqlite(engine: Engine):
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            made = dict(connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all())
        for table in ("ballot", "draft", "invitee"):
            assert "WITHOUT ROWID" in made[table]
            assert Base.metadata.tables[table].dialect_options["sqlite"]["with_rowid"] is False


def test_no_table_of_answers_points_to_another(engine: Engine):
    """A foreign key of the box would lock rows of the roll, and PostgreSQL writes that down."""
    found = inspect(engine)
    assert found.get_foreign_keys("ballot") == found.get_foreign_keys("draft") == []


def test_down_to_nothing_and_up_again(empty_engine_url: str):
    engine = make_engine(empty_engine_url)
    upgrade(engine)
    made = constraints(engine)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    upgrade(engine)
    assert constraints(engine) == made
    engine.dispose()


def test_what_is_stored_survives_a_second_upgrade(session: Session, engine: Engine, tmp_path):
    keys = KeyRing(tmp_path / "keys")
    survey_round = make_round(session, keys, invited={"staff": people(4)})
    key = keys.read("small")
    vote(session, voters(session, survey_round, key)[0], key)
    session.commit()
    before = everything(engine)
    upgrade(engine)
    assert everything(engine) == before
    assert before["ballot"]


def everything(engine: Engine) -> dict[str, list]:
    with engine.connect() as connection:
        return {
            name: sorted(map(repr, connection.execute(table.select()))) for name, table in Base.metadata.tables.items()
        }


@pytest.mark.parametrize("code", ["00007", "0301"])
def test_the_leading_zeros_of_a_unit_code_are_kept(session: Session, code: str):
    session.add(Unit(city="c", code=code, name="n", unit_type="so", block="b", source_note="s"))
    session.commit()
    session.expire_all()
    assert session.query(Unit).one().code == code


def test_a_city_has_each_unit_once(session: Session):
    for _twice in range(2):
        session.add(Unit(city="c", code="1", name="n", unit_type="so", block="b", source_note="s"))
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        session.flush()

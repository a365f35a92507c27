"""Settings, read once from the environment into a value."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NOT_SAID = Path()
CITY_SIGN_IN = ("oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_second_factor_acr")


class MissingSetting(ValueError):
    """A setting that production cannot do without."""


@dataclass(frozen=True, slots=True)
class Config:
    """What an instance of the platform needs to know about the place it runs in."""

    database_url: str
    secret_key: str  # signs cookies and forms; never in the database
    key_dir: Path  # one file per open round; never in the database, never in its backups
    production: bool = True
    trusted_proxies: int = 0  # how many reverse proxies set X-Forwarded-*
    pool_size: int = 8  # database connections per worker process
    files_dir: Path = NOT_SAID  # sealed files; by default beside the keys
    queue_url: str = ""  # redis://… or a path of a SQLite file; by default queue.db beside the files
    font_dirs: tuple[Path, ...] = ()  # of fonts for letters, before those that the typesetter brings
    public_url: str = ""  # where respondents reach the platform; by default the address of whoever makes the letters
    smtp_url: str = ""  # smtp://user:password@host:587 or smtps://…; without it no e-mail is sent
    mail_from: str = ""  # the sender's address
    bounces_to: str = ""  # where undelivered letters come back to, with +token before the @; by default the sender
    mails_per_minute: int = 0  # 0: as fast as the server takes them
    oidc_issuer: str = ""  # the city's own sign-in (OpenID Connect); without it there is none
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_second_factor_acr: str = ""  # values of acr, by blanks, that mean two factors; amr "mfa" always does

    def __post_init__(self) -> None:
        if self.files_dir == NOT_SAID:
            object.__setattr__(self, "files_dir", self.key_dir.parent / "files")
        if not self.queue_url:
            object.__setattr__(self, "queue_url", str(self.files_dir.parent / "queue.db"))

    @property
    def contact_key_dir(self) -> Path:
        """One file per round whose people can be reached: names, telephone numbers, files. As secret as the others."""
        return self.key_dir / "contacts"

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> Config:
        """Settings from the environment.

        In production (the default) ``DATABASE_URL``, ``SECRET_KEY`` and ``KEY_DIR`` must be set and the key must be
        long; ``SURVEY_ENV=development`` falls back to a SQLite file and keys under ``instance/``.
        """
        if env.get("SURVEY_ENV", "production") == "development":
            return cls.for_development(Path(env.get("INSTANCE_DIR", "instance")), env)
        _require(env, "DATABASE_URL", "SECRET_KEY", "KEY_DIR")
        return cls(
            database_url=env["DATABASE_URL"],
            secret_key=env["SECRET_KEY"],
            key_dir=Path(env["KEY_DIR"]),
            trusted_proxies=int(env.get("TRUSTED_PROXIES", "0")),
            pool_size=int(env.get("POOL_SIZE", "8")),
            **_kept_places(env),
            **_city_sign_in(env),
            **_mail(env),
        )

    @classmethod
    def for_development(cls, instance: Path, env: Mapping[str, str] | None = None) -> Config:
        """Settings that keep everything in one folder; the secret key is made once and kept there."""
        env = env or {}
        instance = instance.resolve()
        instance.mkdir(parents=True, exist_ok=True, mode=0o700)  # the database and the queue lie in it
        return cls(
            database_url=env.get("DATABASE_URL", f"sqlite:///{instance / 'survey.db'}"),
            secret_key=env.get("SECRET_KEY") or _kept_secret(instance / "secret_key"),
            key_dir=Path(env.get("KEY_DIR", instance / "keys")),
            production=False,
            trusted_proxies=int(env.get("TRUSTED_PROXIES", "0")),
            pool_size=int(env.get("POOL_SIZE", "8")),
            **_kept_places(env),
            **_city_sign_in(env),
            **_mail(env),
        )

    def environment(self) -> dict[str, str]:
        """The variables that make another process read the same settings."""
        return {
            "SURVEY_ENV": "production" if self.production else "development",
            "DATABASE_URL": self.database_url,
            "SECRET_KEY": self.secret_key,
            "KEY_DIR": str(self.key_dir),
            "TRUSTED_PROXIES": str(self.trusted_proxies),
            "POOL_SIZE": str(self.pool_size),
            "FILES_DIR": str(self.files_dir),
            "QUEUE_URL": self.queue_url,
            "FONT_PATHS": os.pathsep.join(map(str, self.font_dirs)),
            "PUBLIC_URL": self.public_url,
            "SMTP_URL": self.smtp_url,
            "MAIL_FROM": self.mail_from,
            "BOUNCES_TO": self.bounces_to,
            "MAILS_PER_MINUTE": str(self.mails_per_minute),
            **{name.upper(): getattr(self, name) for name in CITY_SIGN_IN},
        }


def _require(env: Mapping[str, str], *names: str) -> None:
    missing = [name for name in names if not env.get(name)]
    if missing:
        raise MissingSetting(
            f"missing in the environment: {', '.join(missing)}. Production does not start without them; "
            "for a trial set SURVEY_ENV=development."
        )
    if len(env["SECRET_KEY"]) < 32:
        raise MissingSetting("SECRET_KEY is shorter than 32 characters; make one with: openssl rand -hex 32")


def _kept_places(env: Mapping[str, str]) -> dict[str, Any]:
    return {
        "files_dir": Path(env.get("FILES_DIR", "")),
        "queue_url": env.get("QUEUE_URL", ""),
        "font_dirs": tuple(Path(part) for part in env.get("FONT_PATHS", "").split(os.pathsep) if part),
    }


def _address(said: str) -> str:
    if said and not said.startswith(("https://", "http://")):
        raise MissingSetting(f"PUBLIC_URL is {said}: it must start with https:// (or http:// on a trial)")
    return said.rstrip("/")


def _mail(env: Mapping[str, str]) -> dict[str, Any]:
    if env.get("SMTP_URL") and "@" not in env.get("MAIL_FROM", ""):
        raise MissingSetting("SMTP_URL is set: MAIL_FROM is needed with it, the address that letters come from")
    return {
        "public_url": _address(env.get("PUBLIC_URL", "")),
        "smtp_url": env.get("SMTP_URL", ""),
        "mail_from": env.get("MAIL_FROM", ""),
        "bounces_to": env.get("BOUNCES_TO", ""),
        "mails_per_minute": int(env.get("MAILS_PER_MINUTE", "0")),
    }


def _city_sign_in(env: Mapping[str, str]) -> dict[str, str]:
    found = {name: env.get(name.upper(), "") for name in CITY_SIGN_IN}
    if found["oidc_issuer"] and not (found["oidc_client_id"] and found["oidc_client_secret"]):
        raise MissingSetting("OIDC_ISSUER is set: OIDC_CLIENT_ID and OIDC_CLIENT_SECRET are needed with it")
    return found


def _kept_secret(path: Path) -> str:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text()

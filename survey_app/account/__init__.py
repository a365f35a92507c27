"""Signing in, one's own account, the administration of accounts, the audit log."""

from __future__ import annotations

from flask import Blueprint

from survey_app.account import accounts, audit, entry, oidc, profile, signin

__all__ = ["BLUEPRINTS", "oidc", "profile", "signin"]

BLUEPRINTS: tuple[Blueprint, ...] = (entry.blueprint, accounts.blueprint, audit.blueprint)

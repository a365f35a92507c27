"""Signing in, one's own account, the administration of accounts, the audit log."""

from __future__ import annotations

from flask import Blueprint

BLUEPRINTS: tuple[Blueprint, ...] = ()

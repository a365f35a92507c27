"""Passwords kept at no cost: where a test is not about the cost itself."""

from argon2 import PasswordHasher

from survey_app.services.passwords import Passwords

QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))

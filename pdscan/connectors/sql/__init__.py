"""Databases: every table that the account may read, column by column."""

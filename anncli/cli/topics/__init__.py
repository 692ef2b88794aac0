"""The topics of `ann help TOPIC`, made from the tables that commands, errors and docs are made from (no numpy)."""

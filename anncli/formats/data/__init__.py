"""Data formats: files to rows."""

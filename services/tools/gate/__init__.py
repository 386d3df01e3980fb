"""The gate: every call, whoever makes it, is judged, asked about, run and put on record here."""

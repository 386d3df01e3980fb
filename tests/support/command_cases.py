"""The lists of commands for the classifier: our own, and public corpora where at hand."""

import json
from dataclasses import dataclass
from pathlib import Path

from services.safety.tiers import Tier

OWN = Path(__file__).parents[1] / "data" / "safety"
PUBLIC = Path(__file__).parents[3] / "shared" / "fixtures" / "safety"


@dataclass(frozen=True, slots=True)
class Case:
    """A command and the tier it must be given."""

    command: str
    tier: Tier


def own_cases() -> list[Case]:
    """Every trap we know, with its tier."""
    lines = (OWN / "cases.jsonl").read_text().splitlines()
    return [Case(row["command"], Tier[row["tier"]]) for row in map(json.loads, lines)]


def read_only_commands() -> list[str]:
    """What a person types to look at a homelab."""
    return [line for line in (OWN / "read_only.txt").read_text().splitlines() if line]


def public_destructive() -> dict[str, list[str]]:
    """Commands that public corpora call destructive, by corpus; empty where they are absent."""
    if not PUBLIC.is_dir():
        return {}
    guarded = json.loads((PUBLIC / "dcg_corpus.json").read_text())
    labelled = json.loads((PUBLIC / "bash_classify_cases.json").read_text())
    examples = json.loads((PUBLIC / "codex_command_safety_examples.json").read_text())
    return {
        "guard": [row["command"] for row in guarded if row.get("expected") == "deny"],
        "labelled": [row["command"] for row in labelled if row["label"] != "READONLY"],
        "examples": [*examples["dangerous"], *examples["needs_approval"]],
    }

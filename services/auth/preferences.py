"""What each person has set for themselves."""

from pydantic import BaseModel, ConfigDict, ValidationError


class Preferences(BaseModel):
    """The known preferences and what holds without a choice."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    reduced_effects: bool = False
    """Show the page without glow and movement."""


def parse_preferences(values_json: str | None) -> Preferences:
    """What was stored, without keys this version does not know or values it does not take."""
    if values_json is None:
        return Preferences()
    try:
        return Preferences.model_validate_json(values_json)
    except ValidationError as error:
        wrong = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
    stored = _Loose.model_validate_json(values_json).model_dump()
    return Preferences(**{key: value for key, value in stored.items() if key not in wrong})


class _Loose(BaseModel):
    model_config = ConfigDict(extra="allow")

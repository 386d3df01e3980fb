"""A form's values as Proxmox wants them written."""

Value = str | int | bool | None


def form_of(values: dict[str, Value]) -> tuple[tuple[str, str], ...]:
    """The values as text, sorted by name: a flag is 1 or 0, and what is None is left out."""
    return tuple(
        (name, str(int(value)) if isinstance(value, bool) else str(value))
        for name, value in sorted(values.items())
        if value is not None
    )

"""A model that obeys whatever text it reads."""

from collections.abc import Callable

from .talk import Step, Talk


def obey(talk: Talk, otherwise: Callable[[Talk], Step]) -> Step:
    """Do what any text demands; else what the brain would do."""
    return otherwise(talk)

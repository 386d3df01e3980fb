"""The handlers, by subject. Every module in this folder is loaded: add one and it is served."""

import importlib
import pkgutil


def load() -> None:
    """Import every module of this package, so that its routes are in the table."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")

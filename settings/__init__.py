"""Every setting of Jarvis: typed, read once from the environment and `.env`, checked all at once.

The same list stands in `.env.example` and in `docs/configuration.md`; a test holds the three
together. Nothing of the house is imported here, and below `components` nobody imports it: services
are handed the values they need.
"""

from settings.cluster import ClusterSettings
from settings.demo import demo_folder, demo_settings
from settings.house import LOCAL_HOSTS, HouseSettings
from settings.loading import (
    ENV_FILE,
    Settings,
    SettingsError,
    load_for_command,
    load_settings,
    unknown_settings,
)
from settings.models import ModelsSettings
from settings.nodes import NodesSettings

__all__ = [
    "ENV_FILE",
    "LOCAL_HOSTS",
    "ClusterSettings",
    "HouseSettings",
    "ModelsSettings",
    "NodesSettings",
    "Settings",
    "SettingsError",
    "demo_folder",
    "demo_settings",
    "load_for_command",
    "load_settings",
    "unknown_settings",
]

"""JavaScript that several components share: `import { bytes } from "jarvis/format.js"`.

NiceGUI serves one file a component and none beside it, so this folder is registered as a module of
the page's import map; its address changes with its contents, so browsers may keep it for ever.
"""

from pathlib import Path

from nicegui.dependencies import register_esm

FOLDER = Path(__file__).parent


def register() -> None:
    """Add `jarvis/` to the import map of every page; calling it again changes nothing."""
    newest = max(path.stat().st_mtime for path in FOLDER.glob("*.js"))
    register_esm("jarvis", FOLDER, max_time=newest)


register()

"""The activity feed: what was recorded, newest first, drawn in the browser from the panel `feed`.

Rows older than the store's are asked for with the action `older` (`before_id`, `severities`,
`node`) and come back to the one page that asked, told under `older`.
"""

from nicegui import ui


class Feed(ui.element, component="feed.js"):
    """Fills its box with the panel; it has no settings and hears nothing from Python."""

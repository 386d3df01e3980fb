"""The models as the rest of the house sees them: who can be asked, and how each stands."""

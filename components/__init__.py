"""What the pages are made of: one visible thing a module, drawn in the browser from one store."""

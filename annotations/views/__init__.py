"""Pages: each view gets its object through ``access``, binds a form, calls an action, answers."""

"""HTTP: pages, fragments, hooks and health. Decides nothing about the business: it asks `responder` and draws.

The factory is `webapp.app.create_app`; nothing is imported here, so that starting the processes costs no Flask.
"""

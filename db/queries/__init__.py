"""Plain functions over the entities, run through `Database.run`; each is one transaction.

What another database than SQLite would need written anew is marked `sqlite-only`.
"""

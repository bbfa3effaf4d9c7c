"""The only room that imports peewee. One SQLite file, plain synchronous calls on the loop's thread, never an await."""

-- One row a record; texts has the same row ids. raw and raw_kind are there while it is made.
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE record (id INTEGER PRIMARY KEY, iri TEXT NOT NULL, kind TEXT, label TEXT NOT NULL, weight REAL);
CREATE TABLE class (
  iri TEXT PRIMARY KEY, kind TEXT NOT NULL, label TEXT NOT NULL, depth INTEGER NOT NULL,
  weight REAL NOT NULL
);
CREATE TABLE word (word TEXT PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE raw (iri TEXT NOT NULL, part INTEGER NOT NULL, text TEXT NOT NULL);
CREATE TABLE raw_kind (iri TEXT NOT NULL, class TEXT NOT NULL);
CREATE VIRTUAL TABLE texts USING fts5(
  name, code, said, tokenize = 'porter unicode61 remove_diacritics 2', prefix = '2 3'
);

-- Units are numbered by name. The bits of a value say which of them have it: unit n is bit n % 8 of
-- byte n / 8. The order of a kind holds numbers of units as 32-bit integers.
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE unit (
  kind TEXT NOT NULL, number INTEGER NOT NULL, iri TEXT NOT NULL, name TEXT NOT NULL,
  code TEXT NOT NULL, start TEXT NOT NULL, study TEXT NOT NULL, study_name TEXT NOT NULL,
  folded TEXT NOT NULL, PRIMARY KEY (kind, number)
) WITHOUT ROWID;
CREATE TABLE value (
  kind TEXT NOT NULL, facet TEXT NOT NULL, code TEXT NOT NULL, label TEXT NOT NULL,
  iri TEXT NOT NULL, bits BLOB NOT NULL, PRIMARY KEY (kind, facet, code)
) WITHOUT ROWID;
CREATE TABLE kind (name TEXT PRIMARY KEY, size INTEGER NOT NULL, recent BLOB NOT NULL);

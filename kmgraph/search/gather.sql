-- A record is of the kind that has most classes above it; what has no kind is nothing people ask
-- for. Sorted by IRI, so that the same content gives the same index.
CREATE INDEX raw_by_iri ON raw (iri, part, text);
INSERT INTO record (iri, kind, weight, label)
SELECT kinds.iri, kinds.kind, kinds.weight, COALESCE(
  (SELECT MIN(text) FROM raw WHERE raw.iri = kinds.iri AND part = 0),
  (SELECT MIN(text) FROM raw WHERE raw.iri = kinds.iri AND part = 2),
  (SELECT MIN(text) FROM raw WHERE raw.iri = kinds.iri AND part = 1)
)
FROM (
  SELECT raw_kind.iri AS iri, class.kind AS kind, class.weight AS weight,
         ROW_NUMBER() OVER (PARTITION BY raw_kind.iri ORDER BY depth DESC, class.iri) AS place
  FROM raw_kind JOIN class ON class.iri = raw_kind.class
) AS kinds
WHERE kinds.place = 1 AND EXISTS (SELECT 1 FROM raw WHERE raw.iri = kinds.iri)
ORDER BY kinds.iri;
INSERT INTO texts (rowid, name, code, said)
SELECT id,
  COALESCE((SELECT GROUP_CONCAT(text, char(10)) FROM raw WHERE raw.iri = record.iri AND part = 0), ''),
  COALESCE((SELECT GROUP_CONCAT(text, char(10)) FROM raw WHERE raw.iri = record.iri AND part = 1), ''),
  COALESCE((SELECT GROUP_CONCAT(text, char(10)) FROM raw WHERE raw.iri = record.iri AND part = 2), '')
FROM record ORDER BY id;
DROP TABLE raw;
DROP TABLE raw_kind;
INSERT INTO texts (texts) VALUES ('optimize');
CREATE INDEX record_by_iri ON record (iri);

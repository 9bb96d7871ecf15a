-- Where it was sold, which fractions are rules, and the store's own amounts, signed. What older versions entered is
-- by rule.
ALTER TABLE ledger ADD COLUMN country_code TEXT;
ALTER TABLE ledger ADD COLUMN commission_estimated INTEGER NOT NULL DEFAULT 1;
ALTER TABLE ledger ADD COLUMN tax_estimated INTEGER NOT NULL DEFAULT 1;
ALTER TABLE ledger ADD COLUMN actual_commission_micros INTEGER;
ALTER TABLE ledger ADD COLUMN actual_tax_micros INTEGER;

-- A month of a project, page by page.
CREATE INDEX ledger_at ON ledger (project_id, environment, at, store, chain, line, entry);

-- What TRIBUTARY_FX_URL told, a row a day: JSON of code → USD for one unit, in 10⁻¹², as text. Of no project.
CREATE TABLE exchange_rates (
  day TEXT NOT NULL PRIMARY KEY,
  rates TEXT NOT NULL,
  fetched_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

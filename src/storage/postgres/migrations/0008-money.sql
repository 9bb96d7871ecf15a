-- Where it was sold, which fractions are rules, and the store's own amounts, signed. What older versions entered is
-- by rule.
ALTER TABLE ledger
  ADD COLUMN country_code text,
  ADD COLUMN commission_estimated bigint NOT NULL DEFAULT 1,
  ADD COLUMN tax_estimated bigint NOT NULL DEFAULT 1,
  ADD COLUMN actual_commission_micros bigint,
  ADD COLUMN actual_tax_micros bigint;

-- A month of a project, page by page.
CREATE INDEX ledger_at ON ledger (project_id, environment, at, store, chain, line, entry);

-- What TRIBUTARY_FX_URL told, a row a day: JSON of code → USD for one unit, in 10⁻¹², as text. Of no project.
CREATE TABLE exchange_rates (
  day text COLLATE "C" NOT NULL PRIMARY KEY,
  rates text NOT NULL,
  fetched_at bigint NOT NULL
);

-- Each project has its share of a claim: what one of them floods the inbox with does not stand before the others.
CREATE INDEX notifications_waiting_project ON notifications (project_id, due_at, n) WHERE status = 'waiting';
DROP INDEX notifications_waiting;

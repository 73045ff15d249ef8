-- Those two that a project has at most: neither index of one status is found for a query that asks for both.
CREATE INDEX "orchestrator_cycles_open" ON "orchestrator_cycles" ("project_id") WHERE "status" IN ('pending', 'running');

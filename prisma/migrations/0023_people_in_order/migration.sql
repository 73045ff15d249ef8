-- The list of people goes by address as it is written; the unique one is without regard to case.
CREATE INDEX "users_email_idx" ON "users" ("email");

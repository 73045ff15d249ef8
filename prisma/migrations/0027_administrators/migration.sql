-- Those who administer are found among all people without reading them: whoever changes one's rights takes them all.
CREATE INDEX "users_administrators" ON "users" ("id") WHERE "is_admin" AND "is_active";

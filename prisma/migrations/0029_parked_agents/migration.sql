-- An agent whose limit of use is reached is given nothing until then; one that is not signed in, until a person says so.
ALTER TABLE "agents" ADD COLUMN "parked_until" TIMESTAMPTZ(6);
ALTER TABLE "agents" ADD COLUMN "parked_times" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "agents" ADD COLUMN "sign_in_needed_since" TIMESTAMPTZ(6);
ALTER TABLE "agents" ADD COLUMN "parked_words" TEXT;

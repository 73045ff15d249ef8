-- What agents ask while they work, and what people say to them: both stand here before anybody hears of it.
CREATE TYPE "run_permission_status" AS ENUM ('pending', 'allowed', 'denied', 'expired', 'canceled');
CREATE TYPE "permission_decision" AS ENUM ('allow_once', 'deny');
CREATE TYPE "run_input_kind" AS ENUM ('message', 'permission_answer');

CREATE TABLE "run_permissions" (
  "id" UUID NOT NULL,
  "run_id" UUID NOT NULL,
  "key" TEXT NOT NULL,
  "title" TEXT NOT NULL,
  "tool_kind" TEXT NOT NULL,
  "target" TEXT,
  "detail" TEXT,
  "status" "run_permission_status" NOT NULL DEFAULT 'pending',
  "when_unanswered" "permission_decision" NOT NULL,
  "answered_by" TEXT,
  "asked_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "answered_at" TIMESTAMPTZ(6),
  "expires_at" TIMESTAMPTZ(6) NOT NULL,
  "revision" INTEGER NOT NULL DEFAULT 1,
  CONSTRAINT "run_permissions_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "run_permissions_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "agent_runs"("id") ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT "run_permissions_answered" CHECK (("status" = 'pending') = ("answered_at" IS NULL))
);
CREATE UNIQUE INDEX "run_permissions_run_id_key_key" ON "run_permissions" ("run_id", "key");
CREATE INDEX "run_permissions_run_id_id_idx" ON "run_permissions" ("run_id", "id");
-- Those that wait: few at a time, however many there were.
CREATE INDEX "run_permissions_expiry" ON "run_permissions" ("expires_at") WHERE "status" = 'pending';
CREATE TRIGGER "run_permissions_revision" BEFORE UPDATE ON "run_permissions" FOR EACH ROW EXECUTE FUNCTION "take_next_revision"();

CREATE TABLE "run_inputs" (
  "id" UUID NOT NULL,
  "run_id" UUID NOT NULL,
  "number" INTEGER NOT NULL,
  "kind" "run_input_kind" NOT NULL,
  "text" TEXT,
  "permission_id" UUID,
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "delivered_at" TIMESTAMPTZ(6),
  "revision" INTEGER NOT NULL DEFAULT 1,
  CONSTRAINT "run_inputs_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "run_inputs_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "agent_runs"("id") ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT "run_inputs_permission_id_fkey" FOREIGN KEY ("permission_id") REFERENCES "run_permissions"("id") ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT "run_inputs_number" CHECK ("number" >= 0),
  CONSTRAINT "run_inputs_content" CHECK (("kind" = 'message') = ("text" IS NOT NULL) AND ("kind" = 'permission_answer') = ("permission_id" IS NOT NULL))
);
CREATE UNIQUE INDEX "run_inputs_run_id_number_key" ON "run_inputs" ("run_id", "number");
-- A question has one answer.
CREATE UNIQUE INDEX "run_inputs_permission_id_key" ON "run_inputs" ("permission_id");
CREATE TRIGGER "run_inputs_revision" BEFORE UPDATE ON "run_inputs" FOR EACH ROW EXECUTE FUNCTION "take_next_revision"();

-- "takes_input": its agent hears what people say while it works. "input_count": the next number. "inputs_taken": those before it have reached the agent's machine.
ALTER TABLE "agent_runs"
  ADD COLUMN "takes_input" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "input_count" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "inputs_taken" INTEGER NOT NULL DEFAULT 0;

-- What a call with an idempotency key has made, written in the transaction that made it: the same call again makes
-- nothing and is answered with that. Keys and inputs are kept as SHA-256. Rows are swept after a day.
CREATE TABLE "idempotency_keys" (
  "user_id" UUID NOT NULL,
  "key_hash" TEXT NOT NULL,
  "operation" TEXT NOT NULL,
  "input_hash" TEXT NOT NULL,
  "made_id" UUID NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("user_id", "key_hash"),
  CONSTRAINT "idempotency_keys_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "idempotency_keys_created_at_idx" ON "idempotency_keys" ("created_at");

-- Who gave or took which right to whom. Nothing of it is changed, and it stays when the project goes.
CREATE TYPE "access_change_kind" AS ENUM ('project_role', 'is_admin', 'is_active');

CREATE TABLE "access_changes" (
  "id" UUID NOT NULL,
  "kind" "access_change_kind" NOT NULL,
  "user_id" UUID NOT NULL,
  "email" TEXT NOT NULL,
  "project_id" UUID,
  "before" TEXT,
  "after" TEXT,
  "changed_by_user_id" UUID,
  "changed_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "access_changes_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "access_changes_user_id_idx" ON "access_changes" ("user_id", "id");

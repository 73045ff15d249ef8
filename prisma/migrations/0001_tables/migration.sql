-- CreateEnum
CREATE TYPE "project_status" AS ENUM ('active', 'paused', 'archived');

-- CreateEnum
CREATE TYPE "project_role" AS ENUM ('owner', 'maintainer', 'viewer');

-- CreateEnum
CREATE TYPE "state_format" AS ENUM ('yaml', 'json');

-- CreateEnum
CREATE TYPE "agent_type" AS ENUM ('local', 'cloud');

-- CreateEnum
CREATE TYPE "task_type" AS ENUM ('code_change', 'test', 'review', 'doc', 'research', 'infra');

-- CreateEnum
CREATE TYPE "task_status" AS ENUM ('queued', 'in_progress', 'blocked', 'needs_review', 'done', 'failed', 'canceled');

-- CreateEnum
CREATE TYPE "request_source" AS ENUM ('voice', 'chat', 'api');

-- CreateEnum
CREATE TYPE "task_event_type" AS ENUM ('created', 'status_changed', 'log', 'artifact', 'error', 'comment');

-- CreateEnum
CREATE TYPE "run_kind" AS ENUM ('task', 'merge', 'maintenance');

-- CreateEnum
CREATE TYPE "run_status" AS ENUM ('pending', 'started', 'streaming', 'completed', 'failed', 'timed_out', 'canceled');

-- CreateEnum
CREATE TYPE "run_reason" AS ENUM ('ok', 'empty_diff', 'exit_code', 'command_missing', 'command_refused', 'path_refused', 'repo_missing', 'repo_dirty', 'worktree_failed', 'denied_change', 'output_limit', 'disk_full', 'merge_conflict', 'invalid_result', 'internal', 'run_timeout', 'idle_timeout', 'runner_lost', 'by_user', 'by_task_cancel', 'superseded', 'budget');

-- CreateEnum
CREATE TYPE "log_stream" AS ENUM ('stdout', 'stderr', 'system');

-- CreateEnum
CREATE TYPE "conversation_mode" AS ENUM ('text', 'voice');

-- CreateEnum
CREATE TYPE "message_role" AS ENUM ('user', 'relayer', 'orchestrator', 'agent');

-- CreateEnum
CREATE TYPE "content_format" AS ENUM ('plain', 'markdown', 'json');

-- CreateEnum
CREATE TYPE "transcription_status" AS ENUM ('none', 'queued', 'running', 'completed', 'no_speech', 'failed');

-- CreateEnum
CREATE TYPE "artifact_kind" AS ENUM ('diff', 'patch', 'report', 'test_results', 'screenshot');

-- CreateEnum
CREATE TYPE "cycle_mode" AS ENUM ('incremental', 'full');

-- CreateEnum
CREATE TYPE "cycle_status" AS ENUM ('pending', 'running', 'completed', 'failed');

-- CreateEnum
CREATE TYPE "cycle_phase" AS ENUM ('started', 'loaded_state', 'validated_state', 'ingested_inputs', 'planned_tasks', 'scheduled_runs', 'updated_state', 'completed');

-- CreateEnum
CREATE TYPE "runner_connection" AS ENUM ('online', 'unreachable', 'offline');

-- CreateEnum
CREATE TYPE "proposal_status" AS ENUM ('pending', 'confirmed', 'discarded', 'expired');

-- CreateEnum
CREATE TYPE "voice_session_state" AS ENUM ('recording', 'finishing', 'finished', 'failed');

-- CreateEnum
CREATE TYPE "voice_session_mode" AS ENUM ('review', 'auto');

-- CreateEnum
CREATE TYPE "setting_scope" AS ENUM ('system', 'project', 'user');

-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "password_hash" TEXT NOT NULL,
    "is_admin" BOOLEAN NOT NULL DEFAULT false,
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sessions" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "token_hash" TEXT NOT NULL,
    "last_used_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_tokens" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "token_hash" TEXT NOT NULL,
    "scopes" TEXT[],
    "last_used_at" TIMESTAMPTZ(6),
    "expires_at" TIMESTAMPTZ(6),
    "revoked_at" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "api_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "projects" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "default_repo_path" TEXT,
    "status" "project_status" NOT NULL DEFAULT 'active',
    "event_cursor" BIGINT NOT NULL DEFAULT 0,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "projects_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "project_members" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "role" "project_role" NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "project_members_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "project_state_versions" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "version" BIGINT NOT NULL,
    "state_format" "state_format" NOT NULL,
    "content" TEXT NOT NULL,
    "content_hash" TEXT NOT NULL,
    "facts_hash" TEXT NOT NULL,
    "created_by_user_id" UUID,
    "cause" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "project_state_versions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "project_state_human" (
    "project_id" UUID NOT NULL,
    "content" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "project_state_human_pkey" PRIMARY KEY ("project_id")
);

-- CreateTable
CREATE TABLE "agents" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "type" "agent_type" NOT NULL DEFAULT 'local',
    "is_enabled" BOOLEAN NOT NULL DEFAULT true,
    "config_json" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "agents_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tasks" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "request_id" UUID,
    "agent_id" UUID,
    "agent_name" TEXT,
    "agent_reason" TEXT,
    "title" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "acceptance_criteria" TEXT[],
    "type" "task_type" NOT NULL,
    "priority" SMALLINT NOT NULL DEFAULT 3,
    "status" "task_status" NOT NULL DEFAULT 'queued',
    "requested_by" "request_source" NOT NULL,
    "created_by_user_id" UUID,
    "feedback" TEXT,
    "waiting_reason" TEXT,
    "blocked_reason" TEXT,
    "parent_task_id" UUID,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tasks_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "task_events" (
    "id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "event_type" "task_event_type" NOT NULL,
    "payload" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "task_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "agent_runs" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "agent_id" UUID NOT NULL,
    "task_id" UUID,
    "kind" "run_kind" NOT NULL DEFAULT 'task',
    "attempt" INTEGER NOT NULL,
    "status" "run_status" NOT NULL DEFAULT 'pending',
    "reason" "run_reason",
    "message" TEXT,
    "waiting_reason" TEXT,
    "not_before" TIMESTAMPTZ(6),
    "runner_id" UUID,
    "base_branch" TEXT,
    "branch" TEXT,
    "start_from_branch" TEXT,
    "base_commit" TEXT,
    "head_commit" TEXT,
    "lease_token_hash" TEXT,
    "lease_ms" INTEGER,
    "lease_expires_at" TIMESTAMPTZ(6),
    "cancel_requested_at" TIMESTAMPTZ(6),
    "cancel_reason" "run_reason",
    "line_count" INTEGER NOT NULL DEFAULT 0,
    "exit_code" INTEGER,
    "summary" TEXT,
    "metrics" JSONB,
    "started_at" TIMESTAMPTZ(6),
    "finished_at" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "agent_runs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "agent_run_logs" (
    "run_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "stream" "log_stream" NOT NULL,
    "message" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "agent_run_logs_pkey" PRIMARY KEY ("run_id","seq")
) PARTITION BY RANGE ("run_id");

-- CreateTable
CREATE TABLE "conversations" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "mode" "conversation_mode" NOT NULL DEFAULT 'text',
    "created_by_user_id" UUID,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "conversations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "messages" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "conversation_id" UUID NOT NULL,
    "role" "message_role" NOT NULL,
    "content" TEXT NOT NULL,
    "content_format" "content_format" NOT NULL DEFAULT 'plain',
    "related_task_id" UUID,
    "answers_id" UUID,
    "ingested_at" TIMESTAMPTZ(6),
    "created_by_user_id" UUID,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "requests" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "message_id" UUID,
    "ordinal" INTEGER NOT NULL,
    "content" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "requests_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "message_tasks" (
    "message_id" UUID NOT NULL,
    "task_id" UUID NOT NULL,

    CONSTRAINT "message_tasks_pkey" PRIMARY KEY ("message_id","task_id")
);

-- CreateTable
CREATE TABLE "recordings" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "conversation_id" UUID,
    "created_by_user_id" UUID,
    "storage_path" TEXT NOT NULL,
    "mime_type" TEXT NOT NULL,
    "duration_ms" INTEGER,
    "size" BIGINT NOT NULL,
    "sha256" TEXT NOT NULL,
    "transcript_text" TEXT,
    "transcript_json" JSONB,
    "transcription_status" "transcription_status" NOT NULL DEFAULT 'none',
    "transcription_reason" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "recordings_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "recording_tasks" (
    "recording_id" UUID NOT NULL,
    "task_id" UUID NOT NULL,

    CONSTRAINT "recording_tasks_pkey" PRIMARY KEY ("recording_id","task_id")
);

-- CreateTable
CREATE TABLE "artifacts" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "task_id" UUID,
    "run_id" UUID,
    "kind" "artifact_kind" NOT NULL,
    "name" TEXT NOT NULL,
    "mime_type" TEXT NOT NULL,
    "size" BIGINT NOT NULL,
    "sha256" TEXT NOT NULL,
    "storage_path" TEXT NOT NULL,
    "metadata" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "artifacts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "realtime_events" (
    "project_id" UUID NOT NULL,
    "cursor" BIGINT NOT NULL,
    "event_type" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "realtime_events_pkey" PRIMARY KEY ("project_id","cursor")
);

-- CreateTable
CREATE TABLE "orchestrator_cycles" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "mode" "cycle_mode" NOT NULL,
    "status" "cycle_status" NOT NULL DEFAULT 'pending',
    "cause" TEXT NOT NULL,
    "phase" "cycle_phase",
    "phase_times" JSONB NOT NULL DEFAULT '{}',
    "counts" JSONB NOT NULL DEFAULT '{}',
    "error" TEXT,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "started_at" TIMESTAMPTZ(6),
    "finished_at" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "orchestrator_cycles_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "runners" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "labels" TEXT[],
    "capacity" INTEGER NOT NULL DEFAULT 1,
    "version" TEXT,
    "is_enabled" BOOLEAN NOT NULL DEFAULT true,
    "is_draining" BOOLEAN NOT NULL DEFAULT false,
    "all_projects" BOOLEAN NOT NULL DEFAULT false,
    "connection" "runner_connection" NOT NULL DEFAULT 'offline',
    "last_seen_at" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "runners_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "runner_projects" (
    "runner_id" UUID NOT NULL,
    "project_id" UUID NOT NULL,

    CONSTRAINT "runner_projects_pkey" PRIMARY KEY ("runner_id","project_id")
);

-- CreateTable
CREATE TABLE "runner_tokens" (
    "id" UUID NOT NULL,
    "runner_id" UUID NOT NULL,
    "prefix" TEXT NOT NULL,
    "token_hash" TEXT NOT NULL,
    "scopes" TEXT[],
    "last_used_at" TIMESTAMPTZ(6),
    "expires_at" TIMESTAMPTZ(6),
    "revoked_at" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "runner_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "proposals" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "source_message_id" UUID,
    "changes" JSONB NOT NULL,
    "status" "proposal_status" NOT NULL DEFAULT 'pending',
    "resolved_at" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "proposals_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "voice_sessions" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "conversation_id" UUID NOT NULL,
    "state" "voice_session_state" NOT NULL DEFAULT 'recording',
    "last_chunk" INTEGER NOT NULL DEFAULT -1,
    "mode" "voice_session_mode" NOT NULL DEFAULT 'review',
    "recording_id" UUID,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "voice_sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "settings" (
    "id" UUID NOT NULL,
    "scope" "setting_scope" NOT NULL,
    "scope_id" UUID,
    "key" TEXT NOT NULL,
    "value" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "settings_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "sessions_token_hash_key" ON "sessions"("token_hash");

-- CreateIndex
CREATE INDEX "sessions_user_id_idx" ON "sessions"("user_id");

-- CreateIndex
CREATE INDEX "sessions_expires_at_idx" ON "sessions"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "api_tokens_token_hash_key" ON "api_tokens"("token_hash");

-- CreateIndex
CREATE INDEX "api_tokens_user_id_idx" ON "api_tokens"("user_id");

-- CreateIndex
CREATE INDEX "projects_updated_at_id_idx" ON "projects"("updated_at", "id");

-- CreateIndex
CREATE INDEX "project_members_user_id_idx" ON "project_members"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "project_members_project_id_user_id_key" ON "project_members"("project_id", "user_id");

-- CreateIndex
CREATE INDEX "project_state_versions_created_by_user_id_idx" ON "project_state_versions"("created_by_user_id");

-- CreateIndex
CREATE UNIQUE INDEX "project_state_versions_project_id_version_key" ON "project_state_versions"("project_id", "version");

-- CreateIndex
CREATE UNIQUE INDEX "agents_project_id_name_key" ON "agents"("project_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "tasks_request_id_key" ON "tasks"("request_id");

-- CreateIndex
CREATE INDEX "tasks_project_id_status_priority_id_idx" ON "tasks"("project_id", "status", "priority", "id");

-- CreateIndex
CREATE INDEX "tasks_project_id_priority_created_at_idx" ON "tasks"("project_id", "priority", "created_at");

-- CreateIndex
CREATE INDEX "tasks_project_id_id_idx" ON "tasks"("project_id", "id");

-- CreateIndex
CREATE INDEX "tasks_agent_id_idx" ON "tasks"("agent_id");

-- CreateIndex
CREATE INDEX "tasks_parent_task_id_idx" ON "tasks"("parent_task_id");

-- CreateIndex
CREATE INDEX "tasks_created_by_user_id_idx" ON "tasks"("created_by_user_id");

-- CreateIndex
CREATE INDEX "task_events_task_id_id_idx" ON "task_events"("task_id", "id");

-- CreateIndex
CREATE INDEX "agent_runs_project_id_id_idx" ON "agent_runs"("project_id", "id");

-- CreateIndex
CREATE INDEX "agent_runs_project_id_finished_at_idx" ON "agent_runs"("project_id", "finished_at");

-- CreateIndex
CREATE INDEX "agent_runs_agent_id_idx" ON "agent_runs"("agent_id");

-- CreateIndex
CREATE INDEX "agent_runs_task_id_idx" ON "agent_runs"("task_id");

-- CreateIndex
CREATE INDEX "agent_runs_runner_id_idx" ON "agent_runs"("runner_id");

-- CreateIndex
CREATE UNIQUE INDEX "agent_runs_task_id_kind_attempt_key" ON "agent_runs"("task_id", "kind", "attempt");

-- CreateIndex
CREATE INDEX "conversations_project_id_id_idx" ON "conversations"("project_id", "id");

-- CreateIndex
CREATE INDEX "conversations_created_by_user_id_idx" ON "conversations"("created_by_user_id");

-- CreateIndex
CREATE UNIQUE INDEX "messages_answers_id_key" ON "messages"("answers_id");

-- CreateIndex
CREATE INDEX "messages_conversation_id_id_idx" ON "messages"("conversation_id", "id");

-- CreateIndex
CREATE INDEX "messages_project_id_id_idx" ON "messages"("project_id", "id");

-- CreateIndex
CREATE INDEX "messages_related_task_id_idx" ON "messages"("related_task_id");

-- CreateIndex
CREATE INDEX "messages_created_by_user_id_idx" ON "messages"("created_by_user_id");

-- CreateIndex
CREATE INDEX "requests_project_id_id_idx" ON "requests"("project_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "requests_message_id_ordinal_key" ON "requests"("message_id", "ordinal");

-- CreateIndex
CREATE INDEX "message_tasks_task_id_idx" ON "message_tasks"("task_id");

-- CreateIndex
CREATE INDEX "recordings_project_id_id_idx" ON "recordings"("project_id", "id");

-- CreateIndex
CREATE INDEX "recordings_conversation_id_idx" ON "recordings"("conversation_id");

-- CreateIndex
CREATE INDEX "recordings_created_by_user_id_idx" ON "recordings"("created_by_user_id");

-- CreateIndex
CREATE INDEX "recording_tasks_task_id_idx" ON "recording_tasks"("task_id");

-- CreateIndex
CREATE INDEX "artifacts_project_id_id_idx" ON "artifacts"("project_id", "id");

-- CreateIndex
CREATE INDEX "artifacts_task_id_id_idx" ON "artifacts"("task_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "artifacts_run_id_kind_name_key" ON "artifacts"("run_id", "kind", "name");

-- CreateIndex
CREATE INDEX "orchestrator_cycles_project_id_id_idx" ON "orchestrator_cycles"("project_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "runners_name_key" ON "runners"("name");

-- CreateIndex
CREATE INDEX "runner_projects_project_id_idx" ON "runner_projects"("project_id");

-- CreateIndex
CREATE UNIQUE INDEX "runner_tokens_token_hash_key" ON "runner_tokens"("token_hash");

-- CreateIndex
CREATE INDEX "runner_tokens_runner_id_idx" ON "runner_tokens"("runner_id");

-- CreateIndex
CREATE INDEX "proposals_project_id_id_idx" ON "proposals"("project_id", "id");

-- CreateIndex
CREATE INDEX "proposals_source_message_id_idx" ON "proposals"("source_message_id");

-- CreateIndex
CREATE INDEX "voice_sessions_project_id_idx" ON "voice_sessions"("project_id");

-- CreateIndex
CREATE INDEX "voice_sessions_conversation_id_idx" ON "voice_sessions"("conversation_id");

-- CreateIndex
CREATE INDEX "voice_sessions_recording_id_idx" ON "voice_sessions"("recording_id");

-- CreateIndex
CREATE INDEX "settings_scope_id_idx" ON "settings"("scope_id");

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "project_members" ADD CONSTRAINT "project_members_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "project_members" ADD CONSTRAINT "project_members_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "project_state_versions" ADD CONSTRAINT "project_state_versions_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "project_state_versions" ADD CONSTRAINT "project_state_versions_created_by_user_id_fkey" FOREIGN KEY ("created_by_user_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "project_state_human" ADD CONSTRAINT "project_state_human_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "agents" ADD CONSTRAINT "agents_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_request_id_fkey" FOREIGN KEY ("request_id") REFERENCES "requests"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_agent_id_fkey" FOREIGN KEY ("agent_id") REFERENCES "agents"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_created_by_user_id_fkey" FOREIGN KEY ("created_by_user_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_parent_task_id_fkey" FOREIGN KEY ("parent_task_id") REFERENCES "tasks"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task_events" ADD CONSTRAINT "task_events_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "tasks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "agent_runs" ADD CONSTRAINT "agent_runs_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "agent_runs" ADD CONSTRAINT "agent_runs_agent_id_fkey" FOREIGN KEY ("agent_id") REFERENCES "agents"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "agent_runs" ADD CONSTRAINT "agent_runs_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "tasks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "agent_runs" ADD CONSTRAINT "agent_runs_runner_id_fkey" FOREIGN KEY ("runner_id") REFERENCES "runners"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_created_by_user_id_fkey" FOREIGN KEY ("created_by_user_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "requests" ADD CONSTRAINT "requests_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "requests" ADD CONSTRAINT "requests_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "message_tasks" ADD CONSTRAINT "message_tasks_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "message_tasks" ADD CONSTRAINT "message_tasks_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "tasks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "recordings" ADD CONSTRAINT "recordings_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "recordings" ADD CONSTRAINT "recordings_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "recordings" ADD CONSTRAINT "recordings_created_by_user_id_fkey" FOREIGN KEY ("created_by_user_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "recording_tasks" ADD CONSTRAINT "recording_tasks_recording_id_fkey" FOREIGN KEY ("recording_id") REFERENCES "recordings"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "recording_tasks" ADD CONSTRAINT "recording_tasks_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "tasks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "artifacts" ADD CONSTRAINT "artifacts_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "artifacts" ADD CONSTRAINT "artifacts_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "tasks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "artifacts" ADD CONSTRAINT "artifacts_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "agent_runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "realtime_events" ADD CONSTRAINT "realtime_events_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orchestrator_cycles" ADD CONSTRAINT "orchestrator_cycles_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "runner_projects" ADD CONSTRAINT "runner_projects_runner_id_fkey" FOREIGN KEY ("runner_id") REFERENCES "runners"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "runner_projects" ADD CONSTRAINT "runner_projects_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "runner_tokens" ADD CONSTRAINT "runner_tokens_runner_id_fkey" FOREIGN KEY ("runner_id") REFERENCES "runners"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "proposals" ADD CONSTRAINT "proposals_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "proposals" ADD CONSTRAINT "proposals_source_message_id_fkey" FOREIGN KEY ("source_message_id") REFERENCES "messages"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "voice_sessions" ADD CONSTRAINT "voice_sessions_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "voice_sessions" ADD CONSTRAINT "voice_sessions_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "voice_sessions" ADD CONSTRAINT "voice_sessions_recording_id_fkey" FOREIGN KEY ("recording_id") REFERENCES "recordings"("id") ON DELETE SET NULL ON UPDATE CASCADE;

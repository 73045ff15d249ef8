import path from 'node:path';
import { beforeAll, beforeEach, afterAll } from 'vitest';
import type { RunnerActor, UserActor } from '#core/access/actor.ts';
import { uploadArtifact } from '#core/artifacts/upload-artifact.ts';
import { removeDeleted } from '#core/deletions/remove-deleted.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import type { Agent, Project, Task } from '#prisma/generated/client/client.ts';
import { runnerSide, scheduledTask, type HeldRun } from './runs.ts';
import { seeder } from './seed.ts';
import { startTestSystem, type TestSystem } from './system.ts';

/** A back end, two people and, for each test, a project with a runner; and what tests of deletions do with them. */
export class DeletionWorld {
  system!: TestSystem;
  core!: Core;
  url!: string;
  owner!: UserActor & { token: string };
  admin!: UserActor & { token: string };
  project!: Project;
  agent!: Agent;
  runner!: ReturnType<typeof runnerSide>;
  runnerActor!: RunnerActor;

  constructor() {
    beforeAll(async () => {
      this.system = await startTestSystem();
      this.core = this.system.core;
      this.url = (await this.system.startApi()).url;
      this.owner = await seeder(this.core).user();
      this.admin = await seeder(this.core).user({ isAdmin: true });
    });
    beforeEach(async () => {
      this.project = await seeder(this.core).project(this.owner);
      this.agent = await seeder(this.core).agent(this.project);
      this.runnerActor = (await seeder(this.core).runner(undefined, { projectIds: [this.project.id] })).actor;
      this.runner = runnerSide(this.core, this.runnerActor);
    });
    afterAll(() => this.system.close());
  }

  async removeAll(): Promise<void> {
    while (await removeDeleted(this.core)) continue;
  }

  newTask(title = 'Add a file'): Promise<Task> {
    return scheduledTask(this.core, this.owner, this.project, this.agent, { title });
  }

  /** @returns where it lies */
  async upload(held: HeldRun): Promise<string> {
    const { storagePath } = await uploadArtifact(
      this.core,
      this.runnerActor,
      { runId: held.spec.runId, leaseToken: held.token, kind: 'report', name: 'report.md' },
      [Buffer.from('What was done')] as never,
    );
    return path.join(this.core.dataDirectory, 'projects', storagePath);
  }

  /** A task whose run has ended, with two lines and a file. */
  async workedTask(): Promise<{ task: Task; held: HeldRun; file: string }> {
    const task = await this.newTask();
    const held = await this.runner.claim();
    await this.runner.append(held, 0, ['one', 'two']);
    const file = await this.upload(held);
    await this.runner.complete(held, { lineCount: 2 });
    return { task, held, file };
  }

  linesOf(runId: string): Promise<number> {
    return this.core.db.agentRunLog.count({ where: { runId } });
  }

  async member(role: 'viewer' | 'maintainer'): Promise<UserActor> {
    const person = await seeder(this.core).user();
    await this.core.db.projectMember.create({
      data: { id: newId(), projectId: this.project.id, userId: person.userId, role },
    });
    return person;
  }
}

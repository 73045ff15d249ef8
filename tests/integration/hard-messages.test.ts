import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { sendMessage } from '#core/conversations/send-message.ts';
import { rulesPlanner } from '#core/orchestrator/rules/rules-planner.ts';
import { runCycles } from '#core/orchestrator/run-cycle.ts';
import type { Message, Project, Task } from '#prisma/generated/client/client.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
beforeAll(async () => {
  system = await startTestSystem();
});
afterAll(() => system.close());

interface Room {
  user: UserActor;
  project: Project;
  say(content: string): Promise<Message>;
}

async function newRoom(): Promise<Room> {
  const seed = seeder(system.core);
  const user = await seed.user();
  const project = await seed.project(user);
  const { id } = await system.core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } });
  return { user, project, say: (content) => sendMessage(system.core, user, { conversationId: id, content }) };
}

function tasksOf(project: Project): Promise<Task[]> {
  return system.core.db.task.findMany({ where: { projectId: project.id }, orderBy: { id: 'asc' } });
}

const CLUSTERS = { surrogates: '🔥', joined: '👩‍👩‍👧‍👦', flag: '🇩🇪', accent: 'e\u0301', skin: '👍🏽' };

test.each(Object.entries(CLUSTERS))(
  'a long message full of %s is planned, and no character of it is torn',
  async (_, sign) => {
    const { project, say } = await newRoom();
    // Whatever the limit is, one of these paddings puts it inside a character.
    for (let pad = 0; pad < sign.length + 9; pad += 1) {
      await say(`1. Fix the header\n   - ${'x'.repeat(pad)}${` keep ${sign} it`.repeat(200)}`);
      await say(`Fix the header of ${'x'.repeat(pad)}${sign.repeat(200)}`);
    }
    expect(await runCycles(system.core, project.id, { planner: rulesPlanner })).toBe(1);
    const tasks = await tasksOf(project);
    expect(tasks).toHaveLength(2 * (sign.length + 9));
    for (const task of tasks)
      for (const text of [task.title, task.description, ...task.acceptanceCriteria]) {
        expect(text.isWellFormed()).toBe(true);
        const left = text.replaceAll(sign, '').replaceAll('…', '');
        expect(left).toBe(left.replaceAll(/[^\x20-\x7e\n]/g, ''));
        expect(left).not.toMatch(/e(?= it)/);
      }
  },
);

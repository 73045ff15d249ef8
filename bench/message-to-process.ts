/** From words to work: a message is sent → the orchestrator makes a task of it → a runner claims its run → its process starts. */
import { endedRun, startProduct } from './kit/product.ts';
import { REPEATS, nowMs, report } from './kit/statistics.ts';

const SEND =
  'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { __typename ... on UserError { code message } } }';
const MESSAGES_A_REPEAT = 3;

const product = await startProduct();
try {
  const toProcess: number[] = [];
  const toProgram: number[] = [];
  const toAnswer: number[] = [];
  const ends: number[] = [];
  for (let count = -3; count < REPEATS * MESSAGES_A_REPEAT; count += 1) {
    const startMs = nowMs();
    await product.client.ask(SEND, {
      input: {
        conversationId: product.project.conversationId,
        content: `Fix the failing test in src/file-${count + 3}.js`,
      },
    });
    const answeredMs = nowMs();
    const agent = await product.agents.next();
    agent.order({ kind: 'end' });
    const orderedMs = nowMs();
    await endedRun(product, agent.runId);
    if (count >= 0) {
      toProcess.push(agent.startedMs - startMs);
      toProgram.push(agent.runningMs - startMs);
      toAnswer.push(answeredMs - startMs);
      ends.push(nowMs() - orderedMs);
    }
    // The cycle and the copy of the state document that the end of the run asked for, and the next standby keeper.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  }
  report('message sent → its run’s process started', [
    { name: 'sendMessage sent → process started', values: toProcess, unit: 'ms', gate: { atMost: 500 } },
    { name: 'sendMessage sent → program’s first statement (Node.js)', values: toProgram, unit: 'ms' },
    { name: 'sendMessage sent → answer', values: toAnswer, unit: 'ms' },
    { name: 'program ended → run completed', values: ends, unit: 'ms' },
  ]);
} finally {
  await product.stop();
}

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createDemoRepository } from './create-demo-repository.ts';
import { readDemoEnvironment } from './env.ts';
import { chooseJob } from './jobs.ts';
import { paint, Screen } from './screen.ts';
import { readTask } from './task.ts';

const USAGE = `usage: demo-agent [--pace FACTOR]            do the task of OVERMIND_TASK_FILE, or of the prompt on standard input, in this folder
       demo-agent --create-repository FOLDER  make the repository to try it on`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      'create-repository': { type: 'string' },
      pace: { type: 'string', default: '1' },
      help: { type: 'boolean' },
    },
  });
  const environment = readDemoEnvironment();
  if (values.help) return console.log(USAGE);
  const repository = values['create-repository'];
  if (repository !== undefined) {
    const isNew = createDemoRepository(resolve(repository), environment.searchPath);
    return console.log(
      isNew ? `Made the demo repository ${resolve(repository)}` : `${resolve(repository)} is a repository already`,
    );
  }
  const screen = new Screen(Number(values.pace));
  const task = readTask(environment.taskFile);
  const { name, job } = chooseJob(task);
  await screen.say(`${paint('bold', 'demo agent')} ${paint('dim', `— attempt ${task.attempt}, no model, no network`)}`);
  await screen.step(`Task: ${task.title}`);
  await screen.detail(`plan: ${name}`);
  await screen.pause(300);
  const done = await job(task, process.cwd(), screen);
  // A paragraph of its own: it becomes the run's summary.
  await screen.say('');
  await screen.say(paint('green', done), 0);
}

main().catch((error: unknown) => {
  console.error(`${paint('red', 'failed:')} ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});

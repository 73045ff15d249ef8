/**
 * `npm start` in small: the same entry point, record, watcher and parts, but with fake programs, and pauses that a test can
 * wait for. Its only argument is JSON: { dataDir, parts: [[name, kind, file]], pausesMs, steadyAfterMs, silenceMs, fails }.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ChildProgram } from '../../../scripts/bootstrap/child-program.mjs';
import { prepareDataDirectory } from '../../../scripts/bootstrap/data-directory.mjs';
import { runEntryPoint } from '../../../scripts/bootstrap/entry-point.mjs';
import { KeptPart } from '../../../scripts/bootstrap/kept-part.mjs';
import { endLeftovers, removeHalfDone } from '../../../scripts/bootstrap/leftovers.mjs';
import { endProcess, identify, runToEnd } from '../../../scripts/bootstrap/processes.mjs';
import { StartFailure } from '../../../scripts/bootstrap/start-failure.mjs';
import { SystemStatus } from '../../../scripts/bootstrap/system-status.mjs';
import { watchOver } from '../../../scripts/bootstrap/watcher.mjs';

const FAKE_PART = fileURLToPath(new URL('../programs/fake-part.mjs', import.meta.url));
const { dataDir, parts, pausesMs, steadyAfterMs, silenceMs, fails } = JSON.parse(process.argv[2]);

await runEntryPoint(async ({ onStop, stopping }) => {
  const tell = (line) => console.log(line);
  onStop(prepareDataDirectory(dataDir, 'dataDir'));
  await endLeftovers(dataDir);
  removeHalfDone([dataDir]);
  const record = watchOver(dataDir, tell);
  console.log(`  watcher ${record.watcher.pid}`);
  const status = new SystemStatus();
  for (const [name, kind, file] of parts) {
    if (kind === 'group') {
      void runToEnd(process.execPath, [FAKE_PART, kind, '', dataDir]);
      continue;
    }
    const args = [FAKE_PART, kind, file ?? '', dataDir];
    const logFile = path.join(dataDir, 'logs', `${name}.log`);
    if (kind === 'service') {
      const child = spawn(process.execPath, args, { detached: true, stdio: 'ignore' });
      record.add(name, child.pid, 'service');
      const identity = identify(child.pid);
      onStop(() => endProcess(identity, [['SIGINT', 5_000]]));
      continue;
    }
    const program = new ChildProgram({
      name,
      execPath: process.execPath,
      args,
      cwd: dataDir,
      env: {},
      logFile,
      record,
      tell,
      stopping,
      status,
      silenceMs,
    });
    const part = new KeptPart({
      name,
      logFile,
      launch: () => program.launch(),
      reason: () => program.log.reason(),
      status,
      tell,
      stopping,
      pausesMs,
      steadyAfterMs,
    });
    onStop(() => program.stop());
    await part.start();
  }
  console.log('  system is ready');
  if (fails === 'start') throw new StartFailure('The last step failed.');
  if (fails === 'mistake')
    setImmediate(() => {
      throw new Error('a mistake');
    });
  await new Promise((resolve) => stopping.addEventListener('abort', resolve));
  return 0;
});

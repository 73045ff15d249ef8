// show-task.mjs: prints what it was given: standard input, the task file, and the names of its variables.
import { readFileSync } from 'node:fs';

console.log(readFileSync(0, 'utf8'));
console.log(`task file: ${readFileSync(process.env.OVERMIND_TASK_FILE, 'utf8')}`);
console.log(`variables: ${Object.keys(process.env).sort().join(' ')}`);

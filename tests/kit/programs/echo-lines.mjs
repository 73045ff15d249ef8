// Prints each line of its standard input as it comes, and ends by itself when there are no more.
import { createInterface } from 'node:readline';

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) console.log(`heard ${line}`);
console.log('no more');

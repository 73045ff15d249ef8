// write-files.mjs JSON: { "path": "content" | { "symlink": "target" } | null } in the current folder; null removes.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

for (const [path, content] of Object.entries(JSON.parse(process.argv[2] ?? '{}'))) {
  mkdirSync(dirname(path), { recursive: true });
  if (content === null) rmSync(path, { recursive: true, force: true });
  else if (typeof content === 'string') writeFileSync(path, content);
  else symlinkSync(content.symlink, path);
  console.log(`wrote ${path}`);
}

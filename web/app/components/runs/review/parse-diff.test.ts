import { expect, test } from 'vitest';
import { parseDiff } from './parse-diff.ts';

const DIFF = `diff --git a/src/sum.js b/src/sum.js
index 1111111..2222222 100644
--- a/src/sum.js
+++ b/src/sum.js
@@ -1,4 +1,4 @@ export function sum
 export function sum(numbers) {
-  return numbers.reduce((a, b) => a - b);
+  // +++ not a header
+  return numbers.reduce((a, b) => a + b, 0);
 }
--- still the file
\\ No newline at end of file
diff --git a/CONTRIBUTING.md b/CONTRIBUTING.md
new file mode 100644
index 0000000..3333333
--- /dev/null
+++ b/CONTRIBUTING.md
@@ -0,0 +1,2 @@
+# Contributing
+<script>alert(1)</script>
diff --git a/old name.txt b/new name.txt
similarity index 100%
rename from old name.txt
rename to new name.txt
diff --git a/logo.png b/logo.png
deleted file mode 100644
index 4444444..0000000
Binary files a/logo.png and /dev/null differ
diff --git "a/gr\\303\\274\\303\\237e.txt" "b/gr\\303\\274\\303\\237e.txt"
index 1..2 100644
--- "a/gr\\303\\274\\303\\237e.txt"
+++ "b/gr\\303\\274\\303\\237e.txt"
@@ -1 +1 @@
-a
+b
`;

test('reads files, changes and counts', () => {
  expect(parseDiff(DIFF).map((f) => [f.path, f.change, f.additions, f.deletions, f.isBinary])).toEqual([
    ['src/sum.js', 'changed', 2, 2, false],
    ['CONTRIBUTING.md', 'added', 2, 0, false],
    ['new name.txt', 'renamed', 0, 0, false],
    ['logo.png', 'removed', 0, 0, true],
    ['grüße.txt', 'changed', 1, 1, false],
  ]);
});

test('lines that look like heads of a diff are lines', () => {
  const hunk = parseDiff(DIFF)[0]?.hunks[0];
  expect(hunk?.section).toBe('export function sum');
  expect(hunk?.lines.map((l) => [l.kind, l.oldNumber, l.newNumber, l.text])).toEqual([
    ['context', 1, 1, 'export function sum(numbers) {'],
    ['removed', 2, null, '  return numbers.reduce((a, b) => a - b);'],
    ['added', null, 2, '  // +++ not a header'],
    ['added', null, 3, '  return numbers.reduce((a, b) => a + b, 0);'],
    ['context', 3, 4, '}'],
    ['removed', 4, null, '-- still the file'],
  ]);
  expect(hunk?.lines.at(-1)?.isLastWithoutBreak).toBe(true);
});

test('an empty diff has no files', () => {
  expect(parseDiff('')).toEqual([]);
});

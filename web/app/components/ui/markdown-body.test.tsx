import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import MarkdownBody from './markdown-body.tsx';

const html = (text: string, isDocument = true): string =>
  renderToStaticMarkup(createElement(MarkdownBody, { text, isDocument }));

test('a report has its headings, lists and code', () => {
  const report = html('# Findings\n\n## Speed\n\n- one\n- two\n\n```\nnpm test\n```\n');
  for (const part of ['<h2', 'Findings', '<h3', 'Speed', '<li>one</li>', '<pre']) expect(report).toContain(part);
  expect(html('# Findings', false)).not.toContain('<h2');
});

test.each([
  ['raw HTML', '<script>alert(1)</script><b onclick="x()">bold</b>', /<script|<b |onclick/],
  ['an image from elsewhere', '![tracked](https://example.test/pixel.png)', /<img|pixel\.png/],
  ['a link that runs something', '[click](javascript:alert(1))', /href/],
  ['a link to a file', '[click](file:///etc/passwd)', /href/],
  ['an automatic link of another kind', '<data:text/html,x>', /href/],
])('of %s nothing is left', (_what, text, harm) => {
  expect(html(text)).not.toMatch(harm);
});

test('a link leads to http and https alone, and tells nobody where it came from', () => {
  expect(html('[docs](https://example.test/docs)')).toMatch(
    /href="https:\/\/example\.test\/docs"[^>]*rel="noopener noreferrer nofollow"/,
  );
});

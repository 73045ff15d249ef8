import type { ServerResponse } from 'node:http';
import { CSRF_HEADER } from '#contract/http-names.ts';
import { refuse } from '#api/http/body.ts';

/** The page's programs come from here alone; the editor adds styles of its own, and reads in workers. */
const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};
export const EXPLORER_PATH = '/graphql/explorer/';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>OvermindOps GraphiQL</title>
<link rel="stylesheet" href="${EXPLORER_PATH}style.css">
</head>
<body id="body" class="no-focus-outline">
<noscript>GraphiQL needs JavaScript.</noscript>
<div id="root"></div>
<script src="${EXPLORER_PATH}script.js"></script>
<script src="${EXPLORER_PATH}start.js"></script>
</body>
</html>
`;

const START = `self.MonacoEnvironment = {
  globalAPI: false,
  getWorkerUrl: (_module, label) =>
    '${EXPLORER_PATH}' + ({ json: 'json.js', graphql: 'graphql.js' }[label] ?? 'editor.js'),
};
YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), {
  endpoint: '/graphql',
  subscriptionsProtocol: 'WS',
  credentials: 'same-origin',
  headers: '{"${CSRF_HEADER}":"1"}',
  title: 'OvermindOps GraphiQL',
});
`;

export function serveExplorerPage(response: ServerResponse): void {
  send(response, 'text/html', PAGE);
}

/** What the page loads. */
export async function serveExplorerFile(response: ServerResponse, pathname: string): Promise<void> {
  const name = pathname.slice(EXPLORER_PATH.length);
  if (name === 'start.js') return send(response, 'text/javascript', START);
  const { css, js, editorWorkerService, graphqlWorker, jsonWorker } = await import('./explorer-files.ts');
  const scripts = new Map([
    ['script.js', js],
    ['editor.js', editorWorkerService],
    ['graphql.js', graphqlWorker],
    ['json.js', jsonWorker],
  ]);
  const script = scripts.get(name);
  if (script !== undefined) send(response, 'text/javascript', script);
  else if (name === 'style.css') send(response, 'text/css', css);
  else refuse(response, 404, 'NOT_FOUND', 'There is no such file.');
}

function send(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, {
    ...HEADERS,
    'content-type': `${type}; charset=utf-8`,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'private, max-age=3600',
  });
  response.end(text);
}

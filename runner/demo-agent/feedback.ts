import { cutText } from '#contract/cut-text.ts';

const MAX_HEADING_CHARS = 60;

/** What a reviewer asked for, as a section of a document: a heading in their words, and what is known about it. */
export function feedbackSection(feedback: string): string {
  const [first = ''] = feedback.trim().split(/(?<=[.!?])\s|\n/);
  const wish = first
    .replace(/^(please|pls|can you|could you|also|and)[\s,]+/i, '')
    .replace(
      /^(add|mention|include|write|say|explain|describe|cover|put in)\s+(a\s+|an\s+|the\s+)?(section\s+)?(about\s+|on\s+|for\s+)?/i,
      '',
    )
    .replace(/[.!?]+$/, '');
  const short = cutText(wish, MAX_HEADING_CHARS, '…');
  const heading = short === '' ? 'From the review' : short.charAt(0).toUpperCase() + short.slice(1);
  const known = KNOWN_TOPICS.filter(({ pattern }) => pattern.test(feedback)).map(({ text }) => text);
  const body = known.length > 0 ? known.join('\n\n') : `Asked for in review: “${feedback.trim().replace(/\s+/g, ' ')}”`;
  return `## ${heading}\n\n${body}\n`;
}

const KNOWN_TOPICS: readonly { pattern: RegExp; text: string }[] = [
  {
    pattern: /\btests?\b/i,
    text: 'Run all tests with `npm test`. A change comes with a test that fails without it; a bug fix begins with that test.',
  },
  {
    pattern: /\bcommits?\b/i,
    text: 'One idea a commit. The first line says what it does, in the imperative and under 72 characters; the body says why.',
  },
  {
    pattern: /\b(style|format|lint)\w*/i,
    text: 'Two spaces, single quotes, semicolons. Small functions with telling names rather than comments.',
  },
  {
    pattern: /\b(issue|bug report)s?\b/i,
    text: 'A good report has what you did, what you expected and what happened instead, and the version of Node.js.',
  },
  {
    pattern: /\blicen[cs]e\b/i,
    text: 'By contributing you agree that your work is published under the licence of this repository.',
  },
  {
    pattern: /\b(conduct|respect|kind|polite)\w*/i,
    text: 'Be kind. Criticise code, never people, and assume that others mean well.',
  },
];

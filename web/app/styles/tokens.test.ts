import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');
const THEMES = ['light', 'dark'] as const;
const SURFACES = ['canvas', 'sunken', 'raised', 'overlay', 'hover'];
const TEXTS = [
  'fg',
  'muted',
  'faint',
  'accent-text',
  'queued',
  'in-progress',
  'blocked',
  'needs-review',
  'done',
  'failed',
  'canceled',
];
const ANSI = [...css.matchAll(/--color-(ansi-[a-z-]+):/g)].map((m) => m[1] ?? '');

test.each(THEMES)('text is readable on every surface: %s', (theme) => {
  const poor = SURFACES.flatMap((surface) =>
    TEXTS.map((text) => ({ surface, text, ratio: contrast(text, surface, theme) })),
  ).filter((c) => c.ratio < 4.5);
  expect(poor).toEqual([]);
});

test.each(THEMES)('terminal colours are readable in the console: %s', (theme) => {
  expect(ANSI).toHaveLength(16);
  expect(ANSI.filter((name) => contrast(name, 'sunken', theme) < 4.5)).toEqual([]);
});

test.each(THEMES)('buttons, fields and the focus ring stand out: %s', (theme) => {
  expect(contrast('on-accent', 'accent', theme)).toBeGreaterThanOrEqual(4.5);
  expect(contrast('on-accent', 'accent-hover', theme)).toBeGreaterThanOrEqual(4.5);
  expect(contrast('on-accent', 'danger', theme)).toBeGreaterThanOrEqual(4.5);
  for (const surface of SURFACES) {
    expect(contrast('focus', surface, theme)).toBeGreaterThanOrEqual(3);
    if (surface !== 'hover') expect(contrast('field', surface, theme)).toBeGreaterThanOrEqual(3);
  }
});

function contrast(a: string, b: string, theme: (typeof THEMES)[number]): number {
  const [hi = 0, lo = 0] = [luminance(a, theme), luminance(b, theme)].sort((x, y) => y - x);
  return (hi + 0.05) / (lo + 0.05);
}

/** Relative luminance of WCAG, from OKLCH. @source https://bottosson.github.io/posts/oklab/ */
function luminance(name: string, theme: (typeof THEMES)[number]): number {
  const value = new RegExp(`--color-${name}: (.*);`).exec(css)?.[1] ?? '';
  const colours = [...value.matchAll(/oklch\(([\d.]+) ([\d.]+) ?([\d.]*)/g)];
  const [, l = '', c = '', h = ''] = (theme === 'dark' ? (colours[1] ?? colours[0]) : colours[0]) ?? [];
  if (l === '') throw new Error(`No colour named ${name}`);
  const hue = (Number(h || '0') * Math.PI) / 180;
  const [a, b] = [Number(c) * Math.cos(hue), Number(c) * Math.sin(hue)];
  const cube = (x: number): number => x ** 3;
  const [L, M, S] = [
    cube(Number(l) + 0.3963377774 * a + 0.2158037573 * b),
    cube(Number(l) - 0.1055613458 * a - 0.0638541728 * b),
    cube(Number(l) - 0.0894841775 * a - 1.291485548 * b),
  ] as const;
  const clamp = (x: number): number => Math.min(1, Math.max(0, x));
  const red = clamp(4.0767416621 * L - 3.3077115913 * M + 0.2309699292 * S);
  const green = clamp(-1.2684380046 * L + 2.6097574011 * M - 0.3413193965 * S);
  const blue = clamp(-0.0041960863 * L - 0.7034186147 * M + 1.707614701 * S);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

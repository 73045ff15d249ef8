const PACKAGE = `{
  "name": "corner-shop",
  "version": "1.0.0",
  "private": true,
  "type": "module",
  "description": "The till of a small shop",
  "scripts": {
    "test": "node --test"
  }
}
`;

const README = `# Corner shop

The till of a small shop: it adds up a basket and prints the price.

    npm test        # needs Node.js 20 or newer, nothing else

| file | what it does |
| --- | --- |
| src/sum.js | adds numbers |
| src/basket.js | what a basket costs |
| src/format-price.js | cents as people write them |
`;

const SUM = `/** Adds two numbers. */
export function sum(a, b) {
  return a - b;
}
`;

const BASKET = `/** What a basket costs, in cents. */
export function basketTotal(items) {
  let cents = 0;
  for (const { priceCents, count } of items) cents += priceCents * count;
  return cents;
}
`;

const FORMAT_PRICE = `/** Cents as people write them: 1250 becomes "12.50". */
export function formatPrice(cents) {
  return (cents / 100).toFixed(2);
}
`;

const SUM_TEST = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sum } from '../src/sum.js';

test('adds two numbers', () => {
  assert.equal(sum(2, 3), 5);
});

test('adding nothing changes nothing', () => {
  assert.equal(sum(7, 0), 7);
});
`;

const SHOP_TEST = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basketTotal } from '../src/basket.js';
import { formatPrice } from '../src/format-price.js';

test('a basket costs what its items cost', () => {
  assert.equal(basketTotal([{ priceCents: 120, count: 2 }, { priceCents: 50, count: 1 }]), 290);
});

test('an empty basket costs nothing', () => {
  assert.equal(basketTotal([]), 0);
});

test('prices have two digits behind the point', () => {
  assert.equal(formatPrice(1250), '12.50');
  assert.equal(formatPrice(5), '0.05');
});
`;

/** The demo repository's history, oldest first. `src/sum.js` subtracts, and its test says so. */
export const DEMO_COMMITS: readonly { message: string; files: Readonly<Record<string, string>> }[] = [
  {
    message: 'Start the till: baskets and prices',
    files: {
      'package.json': PACKAGE,
      'README.md': README,
      '.gitignore': 'node_modules/\n',
      'src/basket.js': BASKET,
      'src/format-price.js': FORMAT_PRICE,
      'test/shop.test.js': SHOP_TEST,
    },
  },
  { message: 'Add sum', files: { 'src/sum.js': SUM, 'test/sum.test.js': SUM_TEST } },
];

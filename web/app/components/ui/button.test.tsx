import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test, vi } from 'vitest';
import { Button, sayWhyNot } from './button.tsx';
import { Switch } from './switch.tsx';
import { toastStore } from './toast-store.ts';

const WHY = 'This takes the role owner; yours is viewer.';

test.each([
  ['a button', (refusal?: string) => createElement(Button, { refusal, children: 'Edit' })],
  [
    'a switch',
    (refusal?: string) => createElement(Switch, { label: 'Work', isOn: true, onChange: () => undefined, refusal }),
  ],
])('%s that is not for somebody can be focused and tapped all the same', (_name, element) => {
  const refused = renderToStaticMarkup(element(WHY));
  expect(refused).not.toMatch(/ disabled=/);
  expect(refused).toContain('aria-disabled="true"');
  expect(refused).toContain(`title="${WHY}"`);
  expect(renderToStaticMarkup(element())).not.toMatch(/aria-disabled=|title=/);
});

test('whoever tries is told why, and nothing else is done', () => {
  const preventDefault = vi.fn();
  sayWhyNot(WHY)({ preventDefault });
  expect(preventDefault).toHaveBeenCalledOnce();
  expect(toastStore.getSnapshot()).toMatchObject([{ kind: 'error', text: WHY }]);
});

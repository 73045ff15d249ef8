import { expect, test } from 'vitest';
import { DEFAULT_PREFERENCES, parsePreferences, serializePreferences } from './preferences.ts';

test('what was arranged comes back', () => {
  const arranged = {
    ...DEFAULT_PREFERENCES,
    theme: 'dark' as const,
    dashboard: [20, 50, 30] as [number, number, number],
    boardColumns: { DONE: 'folded' as const },
    isOutputRaw: true,
    timeZone: 'Europe/Berlin',
  };
  const cookie = serializePreferences(arranged, true);
  expect(cookie).toContain('Secure');
  expect(parsePreferences(`other=1; ${cookie.split(';')[0]}; ovm_session=x`)).toEqual(arranged);
});

test.each([
  null,
  '',
  'ovm_prefs=%E0%A4%A',
  'ovm_prefs=nonsense',
  'ovm_prefs=[]',
  `ovm_prefs=${encodeURIComponent('{"theme":"pink","dashboard":[1,2],"timeZone":"Mars/Base","hiddenPanels":["x"],"boardColumns":{"a":"b"}}')}`,
])('a cookie that makes no sense falls back to the defaults: %s', (cookie) => {
  expect(parsePreferences(cookie)).toEqual(DEFAULT_PREFERENCES);
});

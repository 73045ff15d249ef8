import js from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** The walls of the house (docs/decisions/0001-rooms-and-walls.md): what each room may import of the others. */
const ROOMS = [
  'contract',
  'core',
  'api',
  'workers',
  'runner',
  'cli',
  'web',
  'prisma',
  'scripts',
  'tests',
  'bench',
  'chaos',
];
const MAY_IMPORT = {
  contract: [],
  core: ['contract', 'prisma'],
  api: ['contract', 'core', 'prisma'],
  workers: ['contract', 'core'],
  runner: ['contract'],
  web: ['contract'],
};

function wall(room) {
  const refused = ROOMS.filter((other) => other !== room && !MAY_IMPORT[room].includes(other));
  return {
    files: [`${room}/**/*.{ts,tsx}`],
    ignores: [`${room}/**/*.test.{ts,tsx}`, `${room}/testing/**`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: refused.flatMap((other) => [`#${other}/*`, `#${other}/**`]),
              message: `${room} may import only ${['its own folder', ...MAY_IMPORT[room]].join(', ')}. Move what both need into contract, or go through the API.`,
            },
            { regex: `^(\\.\\./)+(${refused.join('|')})/`, message: `${room} may not reach into another room.` },
          ],
        },
      ],
    },
  };
}

export default tseslint.config(
  {
    ignores: ['node_modules/', 'build/', 'data/', '.cache/', '**/generated/', '**/gql/', 'test-results/', 'web/build/'],
  },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all', ignoreRestSiblings: true },
      ],
      // Our interfaces have methods and no `this`: taking one out of its object is fine.
      '@typescript-eslint/unbound-method': 'off',
      // Interfaces are asynchronous where one implementation is not.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowNullish: true, allow: ['bigint'] },
      ],
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-console': 'off',
      eqeqeq: 'error',
      // Keeping control characters out is a good part of what our patterns do.
      'no-control-regex': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'ObjectExpression:has(> Property[key.name="mode"][value.value="insensitive"]):has(> Property[key.name=/^(equals|in)$/])',
          message:
            'Prisma makes a pattern of this (ILIKE): "%" would be equal to everything. Compare lower(column) with the text in lower case, as find-user.ts does.',
        },
      ],
      'max-lines': ['error', { max: 450, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    rules: {
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
    },
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        performance: 'readonly',
        setImmediate: 'readonly',
        AbortController: 'readonly',
        AbortSignal: 'readonly',
        fetch: 'readonly',
        window: 'readonly',
        document: 'readonly',
        localStorage: 'readonly',
        matchMedia: 'readonly',
      },
    },
  },
  {
    files: ['**/*.test.ts'],
    rules: { 'max-lines': ['error', { max: 700, skipBlankLines: true, skipComments: true }] },
  },
  ...Object.keys(MAY_IMPORT).map(wall),
  {
    files: ['{contract,core,api,workers,runner,web}/**/*.{ts,tsx}'],
    ignores: ['contract/cut-text.ts', '**/*.test.{ts,tsx}'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...[
          // A limit of a text ends in Chars (names carry their units) …
          'CallExpression[callee.property.name=/^(slice|substring|substr)$/] > Identifier.arguments[name=/chars$/i]',
          'CallExpression[callee.property.name=/^(slice|substring|substr)$/] > .arguments Identifier[name=/chars$/i]',
          // … and a text that is made on the spot is one without a name to tell it by.
          'CallExpression[callee.property.name=/^(slice|substring|substr)$/][callee.object.type="TemplateLiteral"]',
          'CallExpression[callee.property.name=/^(slice|substring|substr)$/][arguments.0.value=0][arguments.1.value>=50]',
        ].map((selector) => ({
          selector,
          message: 'Cut a text with cutText, cutStart or cutMiddle (#contract/cut-text.ts): slice tears characters.',
        })),
      ],
    },
  },
  {
    files: ['core/**/*.ts', 'api/**/*.ts', 'workers/**/*.ts', 'runner/**/*.ts', 'contract/**/*.ts'],
    ignores: ['core/config/env.ts', '**/env.ts', '**/*.test.ts', '**/testing/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Only env.ts reads the environment; everything else is given options.',
        },
      ],
    },
  },
  {
    files: ['web/app/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      // Remix is told of redirects and refusals by throwing a Response.
      '@typescript-eslint/only-throw-error': 'off',
    },
  },
  {
    files: ['**/*.test.{ts,tsx}', 'tests/**/*.ts'],
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off', '@typescript-eslint/no-unsafe-member-access': 'off' },
  },
);

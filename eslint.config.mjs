import { createRequire } from 'node:module';
import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import reactHooks from 'eslint-plugin-react-hooks';
import { defineConfig } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';

// The boundary rule reads Nx's cached project graph and turns itself off, with a mere warning, when there is none.
// So the graph is made afresh here, unless Nx started this run and has just made it.
if (process.env.NX_TASK_TARGET_PROJECT === undefined) {
  process.env.NX_DAEMON = 'false';
  const { createProjectGraphAsync } = createRequire(import.meta.url)('@nx/devkit');
  await createProjectGraphAsync({ exitOnError: false });
}

const SPECS = ['**/*.spec.{ts,tsx}', '{tests,apps/*/test}/**/*.ts'];
const PURE_FILES = ['**/*.{parse,translate,policy,estimate,state,types}.ts'];
const VENDOR_TYPES = ['openai', '@anthropic-ai/sdk', 'ollama'];
const SERVICE_LIBS = ['type:contracts', 'type:config', 'type:observability', 'type:http'];

/** One row for each project of the table "Who may import whom" in the style page. */
const boundaries = (testing) => ({
  enforceBuildableLibDependency: true,
  banTransitiveDependencies: true,
  depConstraints: [
    {
      sourceTag: 'type:contracts',
      onlyDependOnLibsWithTags: [],
      allowedExternalImports: [
        'class-transformer',
        'class-validator',
        'reflect-metadata',
        '@nestjs/swagger',
        '@jest/globals',
        'fast-check',
        ...VENDOR_TYPES.flatMap((name) => [name, `${name}/*`]),
      ],
    },
    { sourceTag: 'type:config', onlyDependOnLibsWithTags: ['type:contracts', ...testing] },
    { sourceTag: 'type:observability', onlyDependOnLibsWithTags: ['type:contracts', ...testing] },
    { sourceTag: 'type:http', onlyDependOnLibsWithTags: ['type:contracts', 'type:observability', ...testing] },
    { sourceTag: 'type:testing', onlyDependOnLibsWithTags: ['type:contracts'] },
    { sourceTag: 'type:app', onlyDependOnLibsWithTags: [...SERVICE_LIBS, ...testing] },
    { sourceTag: 'scope:shared', onlyDependOnLibsWithTags: ['scope:shared'] },
    { sourceTag: 'scope:gateway', onlyDependOnLibsWithTags: ['scope:gateway', 'scope:shared'] },
    { sourceTag: 'scope:engine', onlyDependOnLibsWithTags: ['scope:engine', 'scope:shared'] },
    { sourceTag: 'scope:web', onlyDependOnLibsWithTags: ['type:contracts'] },
  ],
});

const TOO_MANY_PARAMETERS = [
  {
    selector: ":function[params.length>4]:not(MethodDefinition[kind='constructor'] > FunctionExpression)",
    message: 'At most four parameters; use a named object.',
  },
  {
    selector: "MethodDefinition[kind='constructor'] > FunctionExpression[params.length>6]",
    message: 'A constructor with more than six dependencies is two classes.',
  },
];

const ENVIRONMENT_READ_IN_MAIN = {
  selector:
    "MemberExpression[object.name='process'][property.name='env']:not(CallExpression[callee.name='loadSettings'] > MemberExpression)",
  message: 'Hand process.env to loadSettings and to nothing else.',
};

const NO_ENVIRONMENT = {
  object: 'process',
  property: 'env',
  message: 'Settings come from the table in libs/config.',
};

const NO_ENVIRONMENT_IMPORT = {
  name: 'node:process',
  message: 'Use the global process; its env is read in main.ts only.',
};

const VENDOR_TYPES_ONLY = {
  regex: `^(${VENDOR_TYPES.join('|')})(/|$)`,
  allowTypeImports: true,
  message: "Vendors' packages give types only; a service does not load them.",
};

export default defineConfig(
  { ignores: ['**/dist/', '**/node_modules/', '**/coverage/', '.nx/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },

  {
    name: 'scripts and configuration files',
    files: ['**/*.{js,mjs,cjs}'],
    extends: [js.configs.recommended],
    languageOptions: { ecmaVersion: 2024, sourceType: 'module', globals: globals.node },
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'no-warning-comments': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'max-lines': ['error', 400],
      complexity: ['error', 15],
    },
  },
  { files: ['**/*.cjs'], languageOptions: { sourceType: 'commonjs' } },

  {
    name: 'all TypeScript',
    files: ['**/*.{ts,tsx}'],
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    plugins: { '@nx': nx },
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.check.json', './apps/web-ui/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      eqeqeq: 'error',
      'object-shorthand': 'error',
      'no-warning-comments': 'error',
      complexity: ['error', 15],
      'max-depth': ['error', 4],
      'max-lines': ['error', 400],
      'max-lines-per-function': ['error', 60],
      'no-restricted-syntax': ['error', ...TOO_MANY_PARAMETERS],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-floating-promises': ['error', { checkThenables: true }],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all', ignoreRestSiblings: true },
      ],
      // DTO classes declare shapes for Nest and OpenAPI; answers are plain objects of these shapes.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { requireDefaultForNonUnion: true }],
      '@nx/enforce-module-boundaries': ['error', boundaries([])],
    },
  },

  {
    name: 'services and libraries',
    files: ['{apps,libs}/*/src/**/*.{ts,tsx}'],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': ['error', NO_ENVIRONMENT],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { paths: [NO_ENVIRONMENT_IMPORT], patterns: [VENDOR_TYPES_ONLY] },
      ],
    },
  },
  {
    name: 'test doubles: what the environment says of the run of the tests is theirs to read',
    files: ['libs/testing/src/**/*.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    name: 'entry points',
    files: ['apps/*/src/{main,*.main}.ts'],
    rules: {
      'no-restricted-properties': 'off',
      'no-restricted-syntax': ['error', ...TOO_MANY_PARAMETERS, ENVIRONMENT_READ_IN_MAIN],
    },
  },
  {
    name: 'pure files: no clock, no randomness, no I/O',
    files: PURE_FILES,
    rules: {
      'no-restricted-globals': [
        'error',
        ...[
          'process',
          'performance',
          'crypto',
          'fetch',
          'setTimeout',
          'setInterval',
          'setImmediate',
          'queueMicrotask',
        ].map((name) => ({
          name,
          message: 'A pure file has no clock, randomness or I/O: take the value as a parameter.',
        })),
      ],
      'no-restricted-properties': [
        'error',
        NO_ENVIRONMENT,
        { object: 'Date', property: 'now', message: 'A pure file has no clock: take the time as a parameter.' },
        {
          object: 'Math',
          property: 'random',
          message: 'A pure file has no randomness: take the value as a parameter.',
        },
      ],
      'no-restricted-syntax': [
        'error',
        ...TOO_MANY_PARAMETERS,
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'A pure file has no clock: take the time as a parameter.',
        },
      ],
    },
  },

  {
    name: 'the page',
    files: ['apps/web-ui/**/*.{ts,tsx}'],
    extends: [reactHooks.configs.flat.recommended],
    languageOptions: { globals: globals.browser },
    rules: {
      // Of our own rooms the page knows the shapes of what it is sent, and nothing that would have to be shipped.
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^@local-llm-agent/', allowTypeImports: true, message: 'The page takes types of contracts only.' },
          ],
        },
      ],
      // A handler that returns what its last call returned is ordinary in JSX.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
    },
  },
  {
    name: 'the page: only api/ calls the network',
    files: ['apps/web-ui/src/**/*.{ts,tsx}'],
    ignores: ['apps/web-ui/src/api/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['fetch', 'XMLHttpRequest', 'EventSource', 'WebSocket'].map((name) => ({
          name,
          message: 'Only src/api calls the network.',
        })),
      ],
    },
  },

  {
    name: 'specs and tests',
    files: SPECS,
    rules: {
      'max-lines-per-function': 'off',
      'no-restricted-globals': 'off',
      'no-restricted-properties': 'off',
      '@typescript-eslint/no-restricted-imports': 'off',
      // Clients still send what the vendors deprecate, so the tests do too.
      '@typescript-eslint/no-deprecated': 'off',
      // Spreading a literal of plain letters, or a DTO into a request body, is harmless here.
      '@typescript-eslint/no-misused-spread': 'off',
      // An index that must exist, and a method handed to expect(), are the ordinary case in a spec.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@nx/enforce-module-boundaries': ['error', boundaries(['type:testing'])],
    },
  },
);

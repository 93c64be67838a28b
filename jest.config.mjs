/** What all kinds of tests share: ES modules, SWC with decorator metadata, workspace packages from their sources. */
const shared = {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@local-llm-agent/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};

/** Kinds of tests, fastest first. Choose with `--selectProjects`. */
export default {
  // A bound against hanging, not a measure of speed: the real model is slow on a busy machine.
  testTimeout: 120_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{apps,libs}/*/src/**/*.spec.ts', '<rootDir>/tools/**/*.spec.mjs'],
    },
    { ...shared, displayName: 'service', testMatch: ['<rootDir>/apps/*/test/**/*.e2e-spec.ts'] },
    { ...shared, displayName: 'contract', testMatch: ['<rootDir>/tests/{contract,perf,deploy}/**/*.spec.ts'] },
    { ...shared, displayName: 'e2e', testMatch: ['<rootDir>/tests/{e2e,web}/**/*.e2e-spec.ts'] },
  ],
};

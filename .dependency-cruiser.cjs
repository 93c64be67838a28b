/** The rows of "Who may import whom" (docs: style page) that speak of folders and file names. */

const GATEWAY = '^apps/gateway/src/';
const ENGINE = '^apps/inference-engine/src/';
const TESTS = '^(tests|apps/[^/]+/test)/';
const SPEC = '[.](spec|e2e-spec)[.]tsx?$';
/** The pure roles, and `types`: such a file may hold a constant or a small function, under the same promise. */
const PURE_ROLES = 'parse|translate|policy|estimate|state|types';
const PURE = `[.](${PURE_ROLES})[.]ts$`;
/** Files beside the app module that belong to no room and import none: injection tokens and the version. */
const LEAVES = '^apps/[^/]+/src/([^/]+[.]tokens|version)[.]ts$';
/** The port, and the pure pieces that several adapters share. */
const RUNTIME_CONTRACT = `${ENGINE}runtime/[^/]+[.](contract|state|translate)[.]ts$`;

/** Packages that compute and do nothing else, so that a pure file may call them. */
const PURE_PACKAGES = ['yaml', 'class-validator', 'class-transformer', '@huggingface/jinja', 'zod'];

const PACKAGES = '(^|/)node_modules/';
const inPackages = (names) => `${PACKAGES}(${names.join('|')})/`;

/** A rule that breaks the check. */
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const general = [
  rule('no-circular', 'Modules that need each other are one module, or lack a third.', {}, { circular: true }),
  rule(
    'no-orphans',
    'A source file that imports nothing and is imported by nothing does nothing.',
    { orphan: true, path: '^(apps|libs)/[^/]+/src/', pathNot: '[.]d[.]ts$' },
    {},
  ),
  rule('no-unresolvable', 'The import leads nowhere.', {}, { couldNotResolve: true }),
  rule(
    'no-deprecated-core',
    'This part of Node is deprecated.',
    {},
    { dependencyTypes: ['core'], path: '^(punycode|domain|constants|sys|_linklist|_stream_wrap)$' },
  ),
  rule(
    'no-development-package-in-services',
    'A package of devDependencies is not there in production; types of it may be imported.',
    { path: '^(apps|libs)/[^/]+/src/', pathNot: [SPEC, '^libs/testing/'] },
    { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm'] },
  ),
];

const projects = [
  rule(
    'contracts-import-no-room',
    'libs/contracts is below all else.',
    { path: '^libs/contracts/' },
    { path: '^(apps|libs|tests|tools)/', pathNot: '^libs/contracts/' },
  ),
  rule(
    'config-observability-testing-import-contracts',
    'Of our own, these libraries import contracts only (their specs: libs/testing too).',
    { path: '^libs/(config|observability|testing)/' },
    { path: '^(apps|libs|tests|tools)/', pathNot: ['^libs/$1/', '^libs/(contracts|testing)/'] },
  ),
  rule(
    'http-imports-contracts-observability',
    'Of our own, libs/http imports contracts and observability only.',
    { path: '^libs/http/' },
    { path: '^(apps|libs|tests|tools)/', pathNot: '^libs/(http|contracts|observability|testing)/' },
  ),
  rule(
    'services-do-not-import-each-other',
    'The services meet at HTTP and in libs/contracts.',
    { path: '^apps/([^/]+)/' },
    { path: '^apps/', pathNot: '^apps/$1/' },
  ),
  rule(
    'libs-testing-in-specs-only',
    'Test doubles stay out of what is shipped.',
    { path: '^(apps|libs)/[^/]+/src/', pathNot: [SPEC, '^libs/testing/'] },
    { path: '^libs/testing/' },
  ),
  rule(
    'nothing-imports-tests',
    'Tests are leaves; what two of them need lives in libs/testing, or as cases beside them.',
    { pathNot: [TESTS, SPEC] },
    { path: TESTS },
  ),
  rule('no-spec-imports', 'A spec is a leaf.', {}, { path: SPEC }),
];

const leaves = [
  rule(
    'leaves-import-no-room',
    'A leaf beside the app module imports nothing of its service.',
    { path: LEAVES },
    { path: '^apps/' },
  ),
];

const gateway = [
  rule(
    'gateway-endpoints',
    'Endpoint folders import inference, admission, keys, usage and http; never one another, never the app module.',
    {
      path: `${GATEWAY}([^/]+)/`,
      pathNot: `${GATEWAY}(inference|response-cache|admission|keys|usage|store|redis|http)/`,
    },
    { path: GATEWAY, pathNot: [`${GATEWAY}$1/`, `${GATEWAY}(inference|admission|keys|usage|http)/`, LEAVES] },
  ),
  rule(
    'gateway-inference',
    'The road to the engine imports admission and the response cache only.',
    { path: `${GATEWAY}inference/` },
    { path: GATEWAY, pathNot: [`${GATEWAY}(inference|admission|response-cache)/`, LEAVES] },
  ),
  rule(
    'gateway-response-cache',
    'The response cache imports the connection to Redis only: the road to the engine decides who goes by it.',
    { path: `${GATEWAY}response-cache/` },
    { path: GATEWAY, pathNot: [`${GATEWAY}(response-cache|redis)/`, LEAVES] },
  ),
  rule(
    'gateway-store-redis-http',
    'store, redis and http import no room.',
    { path: `${GATEWAY}(store|redis|http)/` },
    { path: GATEWAY, pathNot: [`${GATEWAY}$1/`, LEAVES] },
  ),
  rule(
    'gateway-keys',
    'What is known of keys is in the store.',
    { path: `${GATEWAY}keys/` },
    { path: GATEWAY, pathNot: [`${GATEWAY}(keys|store)/`, LEAVES] },
  ),
  rule(
    'gateway-usage',
    'Usage is what admission let in, of keys, in the store.',
    { path: `${GATEWAY}usage/` },
    { path: GATEWAY, pathNot: [`${GATEWAY}(usage|admission|keys|store)/`, LEAVES] },
  ),
  rule(
    'gateway-admission',
    'admission imports keys and the connection to Redis only.',
    { path: `${GATEWAY}admission/` },
    { path: GATEWAY, pathNot: [`${GATEWAY}(admission|keys|redis)/`, LEAVES] },
  ),
];

const engine = [
  rule(
    'engine-endpoints',
    'Endpoint folders import generation, placement, scheduler, residency, metrics and the runtime contract; never one another, never the app module.',
    { path: `${ENGINE}([^/]+)/`, pathNot: `${ENGINE}(scheduler|residency|runtime)/` },
    {
      path: ENGINE,
      pathNot: [
        `${ENGINE}$1/`,
        `${ENGINE}(generation|placement|scheduler|residency|metrics)/`,
        RUNTIME_CONTRACT,
        LEAVES,
      ],
    },
  ),
  rule(
    'engine-scheduler',
    'The scheduler imports no room; the app module hands its effects in.',
    { path: `${ENGINE}scheduler/` },
    { path: ENGINE, pathNot: `${ENGINE}scheduler/` },
  ),
  rule(
    'engine-placement',
    'Placement imports residency, the scheduler and the runtime contract.',
    { path: `${ENGINE}placement/` },
    { path: ENGINE, pathNot: [`${ENGINE}(placement|residency|scheduler)/`, RUNTIME_CONTRACT, LEAVES] },
  ),
  rule(
    'engine-residency',
    'Residency imports the runtime contract and the types of the scheduler.',
    { path: `${ENGINE}residency/` },
    {
      path: ENGINE,
      pathNot: [`${ENGINE}residency/`, `${ENGINE}scheduler/scheduler[.]types[.]ts$`, RUNTIME_CONTRACT, LEAVES],
    },
  ),
  rule(
    'engine-runtime-adapters',
    'An adapter imports the runtime contract and the pieces beside it, never another adapter.',
    { path: `${ENGINE}runtime/([^/]+)/` },
    {
      path: ENGINE,
      pathNot: [`${ENGINE}runtime/$1/`, RUNTIME_CONTRACT, `${ENGINE}runtime/[^/]+[.](reader|parse)[.]ts$`],
    },
  ),
  rule(
    'engine-runtime',
    'The runtime folder imports no other room.',
    { path: `${ENGINE}runtime/[^/]+[.]ts$` },
    { path: ENGINE, pathNot: `${ENGINE}runtime/` },
  ),
  rule(
    'engine-runtime-contract',
    'The contract and what adapters share know none of the adapters.',
    { path: RUNTIME_CONTRACT },
    { path: ENGINE, pathNot: `${ENGINE}runtime/[^/]+[.]contract[.]ts$` },
  ),
];

const PAGE = '^apps/web-ui/src/';

const page = [
  rule(
    'page-views',
    'A view imports the frame, components, api, session and i18n; never another view.',
    { path: `${PAGE}pages/([^/]+)/` },
    { path: `${PAGE}pages/`, pathNot: `${PAGE}pages/$1/` },
  ),
  rule(
    'page-api',
    'api imports the session (for the key) and nothing that draws.',
    { path: `${PAGE}api/` },
    { path: PAGE, pathNot: `${PAGE}(api|session)/` },
  ),
  rule(
    'page-session-i18n',
    'session and i18n import what the browser keeps and no other room, and that none.',
    { path: `${PAGE}(session|i18n|storage)/` },
    { path: PAGE, pathNot: `${PAGE}($1|storage)/` },
  ),
  rule(
    'page-contracts-types-only',
    'Of our other projects the page takes types of contracts.',
    { path: PAGE },
    { path: '^(libs|apps)/', pathNot: [PAGE, '^libs/contracts/'] },
  ),
];

const PURE_FILE = { path: `^((?:apps|libs)/.+)/[^/]+[.](?:${PURE_ROLES})[.]ts$` };
const TYPE_FILES = '[.](contract|dto|translator)[.]ts$';

const pureFiles = [
  rule(
    'pure-files-import-pure-files',
    'A pure file imports libs/contracts, other pure files, and types of its own folder, of contracts, DTOs and translators, and of libs/config.',
    PURE_FILE,
    {
      path: '^(apps|libs|tests|tools)/',
      pathNot: [PURE, TYPE_FILES, '^$1/[^/]+[.]ts$', '^libs/(contracts|config)/src/', PACKAGES],
    },
  ),
  rule('pure-files-import-types-only', 'From a file that is not pure, a pure file takes types.', PURE_FILE, {
    path: '^(apps|libs)/',
    pathNot: [PURE, '^libs/contracts/src/'],
    dependencyTypesNot: ['type-only'],
  }),
  rule(
    'pure-files-no-node-modules-of-io',
    'A pure file has no I/O, no clock and no randomness; of Node it may use Buffer and StringDecoder.',
    PURE_FILE,
    { dependencyTypes: ['core'], pathNot: '^(node:)?(buffer|string_decoder)$' },
  ),
  rule(
    'pure-files-call-pure-packages',
    'A pure file calls packages that only compute (PURE_PACKAGES); of others it may take types, but of Nest nothing.',
    PURE_FILE,
    { path: PACKAGES, pathNot: inPackages(PURE_PACKAGES), dependencyTypesNot: ['type-only'] },
  ),
  rule('pure-files-no-nest', 'A pure file has no Nest.', PURE_FILE, { path: inPackages(['@nestjs']) }),
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [...general, ...projects, ...leaves, ...gateway, ...engine, ...page, ...pureFiles],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    tsConfig: { fileName: 'tsconfig.check.json' },
    enhancedResolveOptions: {
      conditionNames: ['@local-llm-agent/source', 'types', 'import', 'node', 'default', 'require'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.cjs', '.json'],
    },
  },
};

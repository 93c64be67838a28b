import { parseHosts, parseRuntimes, parseUrls } from './hosts.parse.js';
import { parseHostNames, parseOrigins, parseTrustProxy } from './network.parse.js';
import {
  parseBoolean,
  parseBytes,
  parseChoice,
  parseInteger,
  parsePorts,
  parsePostgresUrl,
  parseRedisUrl,
  parseSecret,
  parseSize,
  parseText,
  parseUrl,
  type Parser,
} from './settings.parse.js';

/** Where a setting is read: by both services or by one of them. */
type Reader = 'both' | 'gateway' | 'engine' | 'tools';

interface Entry<T> {
  readonly parse: Parser<T>;
  /** The default as it would be written in the environment; empty means not set. */
  readonly default: string;
  readonly reader: Reader;
  /** One sentence for `.env.example` and the configuration page. */
  readonly meaning: string;
  /** Whether its value is never shown, not even a wrong one. */
  readonly secret?: true;
}

function entry<T>(parse: Parser<T>, value: string, reader: Reader, meaning: string): Entry<T> {
  return { parse, default: value, reader, meaning };
}

/** Every setting. `.env.example` and the table in docs/configuration.md are produced from this one. */
export const SETTINGS = {
  HOST: entry(parseText, '127.0.0.1', 'gateway', 'Address the gateway listens on; 0.0.0.0 in the images.'),
  GATEWAY_PORTS: entry(
    parsePorts,
    '3160,8000,3000',
    'gateway',
    'Ports of the gateway, separated by commas; 8000 is for LocalModels clients, 3000 is where people look for a page.',
  ),
  WEB_PAGE: entry(parseBoolean, 'on', 'gateway', 'Whether browsers get the web page at /.'),
  ENGINE_HOST: entry(parseText, '127.0.0.1', 'engine', 'Address the engine listens on; keep it inside.'),
  ENGINE_PORT: entry(parseInteger(1, 65_535), '3161', 'engine', 'Port of the inference engine.'),
  ENGINE_URL: entry(parseUrl, 'http://127.0.0.1:3161', 'gateway', 'Where the gateway finds the engine.'),
  ENGINE_TOKEN: {
    ...entry(
      parseSecret,
      '',
      'both',
      'A secret of gateway and engine, the same for both: with one the engine answers nobody else. npm start makes one.',
    ),
    secret: true,
  },
  ALLOWED_HOSTS: entry(
    parseHostNames,
    '',
    'both',
    'Names under which the gateway may be asked besides localhost, separated by commas, or * for any; a guard against web pages that point a name of theirs at this machine. Empty: localhost alone where HOST is a loopback address, any name elsewhere.',
  ),
  CORS_ORIGINS: entry(
    parseOrigins,
    '',
    'gateway',
    'Origins of web pages that may use the gateway from a browser besides its own pages, such as https://chat.example.com, separated by commas, or * for all.',
  ),
  TRUST_PROXY: entry(
    parseTrustProxy,
    'off',
    'gateway',
    'Proxies in front of the gateway whose X-Forwarded-For tells who asks: off, how many there are one behind the other, or their addresses and networks separated by commas.',
  ),
  MAX_CONNECTIONS: entry(
    parseInteger(1, 1_000_000),
    '10000',
    'both',
    'Connections that each port holds at a time; more are closed at once. One address gets no more of the gateway than are still free, so half of them when it is alone.',
  ),
  OLLAMA_HOST: entry(
    parseHosts,
    '127.0.0.1:11434',
    'engine',
    'Addresses of Ollama, separated by commas; an equals sign and a size say how much memory a host has for models: gpu1=48GiB,gpu2:11435=24GiB.',
  ),
  OLLAMA_KV_CACHE_TYPE: entry(
    parseChoice('f16', 'q8_0', 'q4_0'),
    'f16',
    'engine',
    'How Ollama writes its cache; set it as it is set for Ollama, which does not tell, so that memory is reckoned right.',
  ),
  OLLAMA_NUM_PARALLEL: entry(
    parseInteger(0, 1024),
    '0',
    'engine',
    'Contexts that Ollama keeps for each model; set it as it is set for Ollama. 0 takes parallel of the catalog for it.',
  ),
  RUNTIMES: entry(
    parseRuntimes,
    'auto',
    'engine',
    'Runtimes that serve: auto takes Ollama if it answers at start, else the embedded llama.cpp; or one or more of ollama, embedded and openai (any OpenAI-compatible server), separated by commas, the first first.',
  ),
  OPENAI_BASE_URL: entry(
    parseUrls,
    'http://127.0.0.1:8080/v1',
    'engine',
    'Addresses of OpenAI-compatible servers (vLLM, SGLang, llama-server) for the runtime openai, separated by commas.',
  ),
  OPENAI_API_KEY: entry(
    parseText,
    '',
    'engine',
    'Key for those servers, if they ask for one; one for each, separated by commas, where they differ.',
  ),
  OPENAI_CONCURRENCY: entry(
    parseInteger(1, 100_000),
    '64',
    'engine',
    'Requests that one OpenAI-compatible server gets at a time, over all its models.',
  ),
  MODELS_DIR: entry(parseText, './models', 'engine', 'Folder with GGUF files for the embedded runtime.'),
  EMBEDDED_THREADS: entry(
    parseInteger(0, 1024),
    '0',
    'engine',
    'Threads of the embedded runtime; 0 takes the physical cores less one. More than there are idle cores is far slower.',
  ),
  CATALOG: entry(
    parseText,
    '',
    'both',
    'Path of the model catalog (YAML); without one the catalog that comes with the program is used.',
  ),
  RATE_LIMITS: entry(
    parseBoolean,
    'on',
    'gateway',
    'on or off: the limits of the tiers in the catalog; own limits of keys hold either way.',
  ),
  REDIS_URL: entry(
    parseRedisUrl,
    '',
    'gateway',
    'Redis that keeps stored responses and answers of the cache, and counts rate limits, such as redis://127.0.0.1:6379; several gateways need one, a single gateway does it all in memory without it.',
  ),
  REDIS_TIMEOUT_MS: entry(
    parseInteger(1, 60_000),
    '100',
    'gateway',
    'Longest time that a request waits for Redis to count it, or to look for its answer; then this gateway goes on by itself until Redis answers again.',
  ),
  DATABASE_URL: entry(
    parsePostgresUrl,
    '',
    'gateway',
    'Postgres that keeps the keys and the usage, such as postgres://user:password@127.0.0.1:5432/gateway; several gateways need one, a single gateway keeps them in a file of DATA_DIR without it.',
  ),
  DATA_DIR: entry(
    parseText,
    './data',
    'gateway',
    'Folder for the file gateway.db where DATABASE_URL is empty; /data in the image.',
  ),
  ADMIN_KEY: {
    ...entry(
      parseSecret,
      '',
      'gateway',
      'A key of the role admin from the environment, to make the first keys with; with one every request needs a key.',
    ),
    secret: true,
  },
  METRICS_ACCESS: entry(
    parseChoice('loopback', 'open', 'key'),
    'loopback',
    'gateway',
    'Who may read /metrics without a key while keys are on: only this machine itself, everybody, or nobody.',
  ),
  USAGE: entry(
    parseBoolean,
    'on',
    'gateway',
    'on or off: keep who used which model, when and how much, in the same store as the keys; never what was asked or answered.',
  ),
  USAGE_REQUEST_DAYS: entry(
    parseInteger(1, 36_500),
    '30',
    'gateway',
    'Days that single requests are kept; their sums by day stay for USAGE_DAYS.',
  ),
  USAGE_DAYS: entry(parseInteger(1, 36_500), '400', 'gateway', 'Days that the sums by day are kept.'),
  RESPONSE_CACHE: entry(
    parseChoice('asked', 'on', 'off'),
    'asked',
    'gateway',
    'Which requests with one possible answer may get it from the cache: those that ask for it or whose key says so, on for all, off for none.',
  ),
  RESPONSE_CACHE_SCOPE: entry(
    parseChoice('key', 'all'),
    'key',
    'gateway',
    'Who shares answers of the cache: each key has its own, or all callers share them.',
  ),
  RESPONSE_CACHE_TTL_SECONDS: entry(
    parseInteger(1, 31_536_000),
    '3600',
    'gateway',
    'Seconds that an answer is given again, from the moment it was made.',
  ),
  RESPONSE_CACHE_BYTES: entry(
    parseSize,
    '64MiB',
    'gateway',
    'Most memory for answers of the cache without Redis; those used least recently go first.',
  ),
  RESPONSE_CACHE_ENTRY_BYTES: entry(parseSize, '1MiB', 'gateway', 'Largest answer that the cache keeps.'),
  RESPONSES_TTL_HOURS: entry(
    parseInteger(1, 87_600),
    '720',
    'gateway',
    'Hours that a stored response is kept after its last use; 720 are 30 days, as at OpenAI.',
  ),
  RESPONSES_MAX_BYTES: entry(
    parseSize,
    '256MiB',
    'gateway',
    'Most memory for stored responses without Redis; those used least recently go first.',
  ),
  MEMORY_BUDGET: entry(
    parseBytes,
    '',
    'engine',
    'Memory for models, such as 16GiB; without it the free memory is measured.',
  ),
  MEMORY_RESERVE: entry(parseSize, '512MiB', 'engine', 'Memory that models must leave free.'),
  MAX_BODY_BYTES: entry(parseSize, '32MiB', 'both', 'Largest request body.'),
  MAX_MODEL_BYTES: entry(parseSize, '64GiB', 'both', 'Largest model file that may be uploaded to /api/blobs.'),
  BODY_TIMEOUT_SECONDS: entry(parseInteger(1, 3600), '30', 'both', 'Time a client has to send its body.'),
  STREAM_IDLE_SECONDS: entry(
    parseInteger(1, 86_400),
    '120',
    'engine',
    'Longest silence of a runtime between two tokens.',
  ),
  HEARTBEAT_SECONDS: entry(
    parseInteger(1, 3600),
    '15',
    'both',
    'A stream that waits longer for its first token is opened and kept alive with comments at this pace.',
  ),
  LOAD_TIMEOUT_SECONDS: entry(parseInteger(1, 86_400), '900', 'engine', 'Longest time a model may take to load.'),
  SHUTDOWN_DELAY_SECONDS: entry(
    parseInteger(0, 600),
    '0',
    'both',
    'Time between not ready and the end of listening, for a load balancer to notice; 5 on Kubernetes.',
  ),
  SHUTDOWN_GRACE_SECONDS: entry(
    parseInteger(0, 3600),
    '30',
    'both',
    'Time that running requests have to finish after SIGTERM.',
  ),
  TOKEN_ROUTES: entry(
    parseBoolean,
    'on',
    'both',
    'off sends the token routes through Express like all others: slower, for comparison.',
  ),
  LOG_LEVEL: entry(
    parseChoice('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    'info',
    'both',
    'Least level that is logged.',
  ),
  HF_ENDPOINT: entry(
    parseUrl,
    'https://huggingface.co',
    'tools',
    'Model hub that npm start fetches the demo model from.',
  ),
} as const;

/** Names of all settings. */
export type SettingName = keyof typeof SETTINGS;

/** All settings, parsed and frozen. */
export type Settings = { readonly [Name in SettingName]: ReturnType<(typeof SETTINGS)[Name]['parse']> };

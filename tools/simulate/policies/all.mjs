import { FifoPolicy } from './fifo.mjs';
import { GroupingPolicy } from './grouping.mjs';
import { LlamaSwapPolicy } from './llama-swap.mjs';
import { OllamaPolicy } from './ollama.mjs';
import { OurPolicy } from './ours.mjs';

/** Bounds of the default catalog. */
const MAX_WAIT_MS = { small: 10_000, main: 60_000 };

/**
 * Name -> makes a fresh policy for a scenario; undefined where it does not apply. First-in-first-out comes first: the
 * others are compared with it.
 */
export const POLICIES = {
  FIFO: () => new FifoPolicy(),
  Ollama: ({ room }) => new OllamaPolicy(room),
  'llama-swap': ({ room }) => new LlamaSwapPolicy(room),
  'plain grouping': ({ room }) => (room === 1 ? new GroupingPolicy() : undefined),
  'this engine': () => new OurPolicy(MAX_WAIT_MS),
};

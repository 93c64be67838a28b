import os from 'node:os';
import path from 'node:path';

/**
 * The folder, outside the checkout, that keeps what is expensive to get again: models and built programs.
 * `LLA_CACHE_DIR` wins, then `XDG_CACHE_HOME`, then `~/.cache`.
 */
export function cacheFolder(...parts) {
  const root =
    process.env.LLA_CACHE_DIR ??
    path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'local-llm-agent');
  return path.join(root, ...parts);
}

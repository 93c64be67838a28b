import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { getLlama, LlamaLogLevel, type LlamaModel } from 'node-llama-cpp';
import type { LoadOrder, LogLevel } from './embedded.messages.js';

/** Where the library's messages go while it loads and works. */
export type LoadLog = (level: LogLevel, message: string) => void;

const LEVELS: Readonly<Record<LlamaLogLevel, LogLevel>> = {
  [LlamaLogLevel.disabled]: 'debug',
  [LlamaLogLevel.fatal]: 'error',
  [LlamaLogLevel.error]: 'error',
  [LlamaLogLevel.warn]: 'warn',
  [LlamaLogLevel.info]: 'info',
  [LlamaLogLevel.log]: 'debug',
  [LlamaLogLevel.debug]: 'debug',
};

/** Does something with a file, and adds to its error what llama.cpp complained about meanwhile. */
export type Explained = <T>(file: string, task: () => Promise<T>) => Promise<T>;

/** Complaints told in one error at most. */
const MOST_COMPLAINTS = 3;

/**
 * Loads the library and the model file, and lets `prepare` make of it what is wanted. An error of either says what
 * llama.cpp complained about.
 */
export async function loadLibrary<T>(
  order: LoadOrder,
  log: LoadLog,
  prepare: (model: LlamaModel, explained: Explained) => Promise<T>,
): Promise<T> {
  const files = new Set<string>();
  // Where files lie is nothing for a client.
  const withoutFolders = (text: string): string =>
    [...files].reduce((rest, file) => rest.replaceAll(file, basename(file)), text);
  let complaints: string[] = [];
  const explained: Explained = async (file, task) => {
    files.add(file);
    complaints = [];
    try {
      return await task();
    } catch (error) {
      // What was logged before the error comes a turn of the event loop later.
      await setImmediate();
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error([withoutFolders(reason), ...complaints].join('; '), { cause: error });
    }
  };
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    maxThreads: order.threads,
    logLevel: LlamaLogLevel.warn,
    logger: (level, message) => {
      const text = withoutFolders(message.trim());
      if (LEVELS[level] === 'error' && complaints.length < MOST_COMPLAINTS) complaints.push(text);
      if (text !== '') log(LEVELS[level], text);
    },
  });
  return explained(order.modelPath, async () => {
    // The engine decides what fits in memory, so the library's own checks are off.
    const model = await llama.loadModel({ modelPath: order.modelPath, gpuLayers: 0, ignoreMemorySafetyChecks: true });
    return prepare(model, explained);
  });
}

import { ApiError, backendUnavailable } from '@local-llm-agent/contracts';

/** Whether the error says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** What went wrong with writing into MODELS_DIR, as an error that says what to do; an ApiError as it is. */
export function unwritable(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const { code } = error as NodeJS.ErrnoException;
  const way =
    code === 'ENOSPC'
      ? 'The disk is full: delete models that are not needed'
      : 'Check its permissions, and that it is not mounted read-only';
  return backendUnavailable(`The folder MODELS_DIR cannot be written (${code ?? 'unknown error'}). ${way}.`, {
    origin: 'runtime',
    cause: error,
  });
}

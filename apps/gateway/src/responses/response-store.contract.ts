/** Injection token of the {@link ResponseStore} in use. */
export const RESPONSE_STORE = Symbol('response store');

/**
 * Where responses are kept, as texts under their ids, for a bounded time. What cannot be done now rejects with
 * `backend_unavailable`, soon; nothing waits for a store that is away.
 */
export interface ResponseStore {
  /** Rejects when a text of this many bytes could not be kept now. To be asked before an answer is made. */
  check(bytes: number): Promise<void>;
  /** Keeps a text, and in time forgets it. */
  save(id: string, text: string): Promise<void>;
  /** The texts under the ids, in their order; undefined for what is not there. Those found are kept longer. */
  load(ids: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** Forgets a text. Resolves with whether there was one. */
  delete(id: string): Promise<boolean>;
}

import type { RpcId } from './json-rpc.parse.js';

/**
 * The calls that run in this process, by session and request id. A session is only a name that the client repeats:
 * nothing else is kept for it, so any gateway can answer any of its requests. A cancellation that reaches another
 * gateway than the call finds nothing here and is ignored, as the protocol lets it be.
 */
export class RunningCalls {
  private readonly stops = new Map<string, () => void>();

  /** Remembers how to stop a call, until the returned function is called. */
  add(session: string, id: RpcId, stop: () => void): () => void {
    const key = keyOf(session, id);
    this.stops.set(key, stop);
    return () => {
      if (this.stops.get(key) === stop) this.stops.delete(key);
    };
  }

  /** Stops a call; one that is not known is over, or runs elsewhere. */
  stop(session: string, id: RpcId): void {
    this.stops.get(keyOf(session, id))?.();
  }

  /** Calls that run. */
  get size(): number {
    return this.stops.size;
  }
}

function keyOf(session: string, id: RpcId): string {
  return JSON.stringify([session, id]);
}

import type { TrustProxy } from '@local-llm-agent/config';
import { addressOf, networkOf } from './address.parse.js';

/** Whose connection it is, for the bound on those of one; undefined for a proxy of ours, which has many clients. */
export function shareOf(remote: string, trusts: TrustProxy | undefined): string | undefined {
  const address = addressOf(remote) ?? remote;
  return trusts?.(address, 0) === true ? undefined : networkOf(address);
}

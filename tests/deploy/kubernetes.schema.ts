import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { Service } from 'kubernetes-models/v1/Service';

/** Any object of the Kubernetes API. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

const KINDS = [
  Deployment,
  StatefulSet,
  Ingress,
  NetworkPolicy,
  PodDisruptionBudget,
  ConfigMap,
  Namespace,
  PersistentVolumeClaim,
  Service,
];

/**
 * The same data, but `unread` keeps the path of every field until somebody reads it. The validators read each field
 * that the API knows and pass over the rest, so what they leave unread is a field that does not exist.
 */
function observe<T extends object>(data: T, path: string, unread: Set<string>): T {
  const children = new Map<string | symbol, unknown>();
  for (const [key, value] of Object.entries(data)) {
    const at = `${path}.${key}`;
    unread.add(at);
    children.set(key, typeof value === 'object' && value !== null ? observe(value as object, at, unread) : value);
  }
  return new Proxy(data, {
    get(target, key, receiver) {
      unread.delete(`${path}.${String(key)}`);
      return children.has(key) ? children.get(key) : (Reflect.get(target, key, receiver) as unknown);
    },
  });
}

/** Checks an object against the schema of its kind, unknown fields included; the problems found. */
export function manifestProblems(manifest: Manifest): string[] {
  const model = KINDS.find(({ apiVersion, kind }) => apiVersion === manifest.apiVersion && kind === manifest.kind);
  const name = `${manifest.kind}/${manifest.metadata.name}`;
  if (model === undefined) return [`${name}: no schema for ${manifest.apiVersion} ${manifest.kind} is known here`];
  const unread = new Set<string>();
  try {
    model.prototype.validate.call(observe(manifest, name, unread) as never);
  } catch (error) {
    return [`${name}: ${error instanceof Error ? error.message : String(error)}`];
  }
  // Below a field that does not exist nothing is read either: naming the field is enough.
  return [...unread]
    .filter((path) => ![...unread].some((other) => path.startsWith(`${other}.`)))
    .map((path) => `${path} is unknown`);
}

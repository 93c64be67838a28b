import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { execFileSync } from 'node:child_process';
import { parseAllDocuments } from 'yaml';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IIngress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IContainer } from 'kubernetes-models/v1/Container';
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec';
import type { IService } from 'kubernetes-models/v1/Service';
import type { Manifest } from './kubernetes.schema.js';
import { ROOT } from './repository.reader.js';

/** A command that renders a kustomization folder, such as `kubectl kustomize`. */
export type Kustomize = readonly string[];

interface Kinds {
  readonly ConfigMap: IConfigMap;
  readonly Deployment: IDeployment;
  readonly Ingress: IIngress;
  readonly PersistentVolumeClaim: Manifest;
  readonly PodDisruptionBudget: IPodDisruptionBudget;
  readonly Service: IService;
  /** Has the fields of a Deployment that are looked at here. */
  readonly StatefulSet: IDeployment;
}

/** Everything that an overlay renders, with the questions that the specs ask. */
export class Rendered {
  constructor(readonly manifests: readonly Manifest[]) {}

  /** The one object of this kind whose name is the given one, or begins with it and a generated suffix. */
  one<Kind extends keyof Kinds>(kind: Kind, name: string): Kinds[Kind] {
    const suffixed = new RegExp(`^${name}(-[a-z0-9]{10})?$`);
    const found = this.manifests.filter((manifest) => manifest.kind === kind && suffixed.test(manifest.metadata.name));
    if (found.length !== 1) throw new Error(`${found.length} objects are ${kind} ${name}`);
    return found[0] as unknown as Kinds[Kind];
  }

  /** The settings that a service gets from its ConfigMap. */
  settings(service: string): Readonly<Record<string, string>> {
    return this.one('ConfigMap', `${service}-settings`).data ?? {};
  }

  /** Every Deployment and StatefulSet. */
  workloads(): readonly IDeployment[] {
    return this.manifests.filter(
      ({ kind }) => kind === 'Deployment' || kind === 'StatefulSet',
    ) as unknown as IDeployment[];
  }

  /** Network policies that select the pods of this name; the empty selector takes all pods. */
  policiesOf(name: string): readonly INetworkPolicy[] {
    return this.manifests
      .filter(({ kind }) => kind === 'NetworkPolicy')
      .map((manifest) => manifest as unknown as INetworkPolicy)
      .filter(({ spec }) => {
        const wanted = spec?.podSelector.matchLabels?.['app.kubernetes.io/name'];
        return wanted === undefined || wanted === name;
      });
  }

  /** Who may open connections to the pods of this name: names of pods, or `anyone`. */
  callersOf(name: string): readonly string[] {
    return this.policiesOf(name)
      .flatMap(({ spec }) => spec?.ingress ?? [])
      .flatMap(({ from }) => from ?? [{}])
      .map(({ podSelector }) => podSelector?.matchLabels?.['app.kubernetes.io/name'] ?? 'anyone');
  }
}

/** The pod of a workload. */
export function podOf(workload: IDeployment): IPodSpec {
  const pod = workload.spec?.template.spec;
  if (!pod) throw new Error(`${workload.metadata?.name} has no pod`);
  return pod;
}

/** The only container of a workload. */
export function containerOf(workload: IDeployment): IContainer {
  const { containers } = podOf(workload);
  if (containers.length !== 1 || !containers[0])
    throw new Error(`${workload.metadata?.name} has ${containers.length} containers`);
  return containers[0];
}

/** Renders a kustomization folder. */
export function render(kustomize: Kustomize, folder: string): Rendered {
  const [program = '', ...args] = kustomize;
  const yaml = execFileSync(program, [...args, folder], { encoding: 'utf8', timeout: 30_000 });
  return new Rendered(parseAllDocuments(yaml).map((document) => document.toJSON() as Manifest));
}

/** Renders an overlay as somebody's own overlay would that adds one of our components to it. */
export function renderWithComponent(kustomize: Kustomize, overlay: string, component: string): Rendered {
  const folder = mkdtempSync(join(tmpdir(), 'local-llm-agent-overlay-'));
  const from = (path: string): string => relative(folder, join(ROOT, path));
  try {
    writeFileSync(
      join(folder, 'kustomization.yaml'),
      `namespace: local-llm-agent\nresources: ['${from(overlay)}']\ncomponents: ['${from(component)}']\n`,
    );
    return render(kustomize, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

import { describe, expect, it } from '@jest/globals';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import { findKustomize } from '../../deploy/kustomize.mjs';
import { loadSettings, parseCatalog } from '../../libs/config/src/index.js';
import { Rendered, containerOf, podOf, render, renderWithComponent, type Kustomize } from './kubernetes.reader.js';
import { manifestProblems, type Manifest } from './kubernetes.schema.js';
import { ROOT, readRepositoryFile, unknownSettings } from './repository.reader.js';

const kustomize = (await findKustomize()) as Kustomize | undefined;
const OVERLAYS = ['ollama', 'embedded'] as const;
const PROMETHEUS = 'k8s/components/prometheus';
const empty = new Rendered([]);
const overlays = Object.fromEntries(
  OVERLAYS.map((name) => [name, kustomize ? render(kustomize, `${ROOT}/k8s/overlays/${name}`) : empty]),
) as Record<(typeof OVERLAYS)[number], Rendered>;
const KEYS = 'k8s/components/keys';
const withIngress = kustomize ? renderWithComponent(kustomize, 'k8s/overlays/ollama', 'k8s/components/ingress') : empty;
const withKeys = kustomize ? renderWithComponent(kustomize, 'k8s/overlays/ollama', KEYS) : empty;
const scraped = kustomize ? renderWithComponent(kustomize, 'k8s/overlays/ollama', PROMETHEUS) : empty;

const gib = (quantity: unknown): number =>
  Number(/^(\d+)GiB?$|^(\d+)Gi$/.exec(String(quantity))?.slice(1).find(Boolean));

/** Skips with the reason in the title where nothing can render the manifests. */
const suite = kustomize ? describe : describe.skip;
const reason = kustomize ? '' : ' (skipped: none of kubectl, kustomize and go is installed)';

suite.each(OVERLAYS)(`Kubernetes overlay %s${reason}`, (name) => {
  const rendered = overlays[name];

  it('follows the schemas of the Kubernetes API', () => {
    expect(rendered.manifests.length).toBeGreaterThan(10);
    expect(rendered.manifests.flatMap(manifestProblems)).toEqual([]);
  });

  it('puts everything into its namespace', () => {
    const outside = rendered.manifests.filter(
      ({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== 'local-llm-agent',
    );
    expect(outside).toEqual([]);
  });

  it('sets nothing that the services do not know or would refuse', () => {
    for (const service of ['gateway', 'engine']) {
      const settings = rendered.settings(service);
      expect(unknownSettings(Object.keys(settings))).toEqual([]);
      expect(() => loadSettings(settings)).not.toThrow();
      const workload = rendered.one('Deployment', service);
      const maps = containerOf(workload).envFrom?.map(({ configMapRef }) => configMapRef?.name);
      expect(maps).toEqual([rendered.one('ConfigMap', `${service}-settings`).metadata?.name]);
    }
  });

  it('gives both services the catalog that comes with the program', () => {
    const catalog = rendered.one('ConfigMap', 'catalog');
    const shipped = parseCatalog(readRepositoryFile('libs/config/catalog.yaml'), 'shipped');
    expect(parseCatalog(catalog.data?.['catalog.yaml'] ?? '', 'ConfigMap')).toEqual(shipped);
    for (const service of ['gateway', 'engine']) {
      const workload = rendered.one('Deployment', service);
      const volume = podOf(workload).volumes?.find(({ configMap }) => configMap?.name === catalog.metadata?.name);
      const mount = containerOf(workload).volumeMounts?.find((candidate) => candidate.name === volume?.name);
      expect(rendered.settings(service)['CATALOG']).toBe(`${mount?.mountPath}/catalog.yaml`);
    }
  });

  it('runs every pod without root, rights or a writable system', () => {
    for (const workload of rendered.workloads()) {
      expect(podOf(workload)).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(containerOf(workload).securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  it('gives both services the token between them from one Secret, which is not in the manifests', () => {
    for (const service of ['gateway', 'engine'])
      expect(containerOf(rendered.one('Deployment', service)).env).toEqual([
        {
          name: 'ENGINE_TOKEN',
          valueFrom: { secretKeyRef: { name: 'engine-token', key: 'ENGINE_TOKEN', optional: true } },
        },
      ]);
    expect(unknownSettings(['ENGINE_TOKEN'])).toEqual([]);
    expect(rendered.manifests.map(({ kind }) => kind)).not.toContain('Secret');
    expect(readRepositoryFile('docs/deployment.md')).toContain(
      'create secret generic engine-token --from-literal=ENGINE_TOKEN=',
    );
  });

  it('gives no pod a way to the machine below it', () => {
    for (const workload of rendered.workloads()) {
      const pod = podOf(workload);
      expect([pod.hostNetwork, pod.hostPID, pod.hostIPC, pod.initContainers]).toEqual(Array(4).fill(undefined));
      expect(pod.volumes?.filter(({ hostPath }) => hostPath !== undefined) ?? []).toEqual([]);
      expect(containerOf(workload).ports?.filter(({ hostPort }) => hostPort !== undefined)).toEqual([]);
    }
  });

  it('has everything in a namespace that refuses pods with more rights', () => {
    const namespace = rendered.manifests.find(({ kind }) => kind === 'Namespace');
    expect(namespace?.metadata).toMatchObject({ labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } });
  });

  it('keeps the variables of service links away from the settings', () => {
    expect(rendered.workloads().map((workload) => podOf(workload).enableServiceLinks)).not.toContain(undefined);
    expect(rendered.workloads().map((workload) => podOf(workload).enableServiceLinks)).not.toContain(true);
  });

  it('probes every pod on a port that it has, and bounds its memory', () => {
    for (const workload of rendered.workloads()) {
      const container = containerOf(workload);
      const ports = container.ports?.map((port) => port.name);
      for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
        // A command within the container needs none.
        if (probe?.exec) expect(probe.exec.command?.[0]).toMatch(/^redis-cli$/);
        else expect(ports).toContain(probe?.httpGet?.port ?? probe?.tcpSocket?.port);
      }
      expect(container.resources?.requests).toMatchObject({ cpu: expect.anything(), memory: expect.anything() });
      expect(container.resources?.limits).toMatchObject({ memory: expect.anything() });
    }
  });

  it.each(['gateway', 'engine'])('asks %s for life and readiness at the paths meant for it', (service) => {
    const container = containerOf(rendered.one('Deployment', service));
    expect(container.startupProbe?.httpGet?.path).toBe('/health/live');
    expect(container.livenessProbe?.httpGet?.path).toBe('/health/live');
    expect(container.readinessProbe?.httpGet?.path).toBe('/health/ready');
  });

  it('takes the images of this version', () => {
    const { version } = JSON.parse(readRepositoryFile('package.json')) as { version: string };
    for (const service of ['gateway', 'engine']) {
      const { image } = containerOf(rendered.one('Deployment', service));
      expect(image).toBe(`local-llm-agent/${service}:${version}`);
    }
    for (const workload of rendered.workloads()) expect(containerOf(workload).image).toMatch(/:\d+\.\d+/);
  });

  it('replaces gateways one by one, without an instant of fewer than before', () => {
    const { spec } = rendered.one('Deployment', 'gateway');
    expect(spec?.replicas).toBeGreaterThanOrEqual(2);
    expect(spec?.strategy).toMatchObject({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } });
    const budget = rendered.one('PodDisruptionBudget', 'gateway');
    expect(budget.spec).toMatchObject({
      minAvailable: 1,
      selector: { matchLabels: { 'app.kubernetes.io/name': 'gateway' } },
    });
  });

  it('keeps a gateway listening until the cluster knows that it is going', () => {
    expect(Number(rendered.settings('gateway')['SHUTDOWN_DELAY_SECONDS'])).toBeGreaterThan(0);
  });

  it('never runs two engines at once', () => {
    const { spec } = rendered.one('Deployment', 'engine');
    expect(spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
  });

  it.each(['gateway', 'engine'])('lets running requests of %s finish before it is killed', (service) => {
    const workload = rendered.one('Deployment', service);
    const settings = rendered.settings(service);
    const wait = Number(settings['SHUTDOWN_DELAY_SECONDS'] ?? 0);
    const grace = Number(settings['SHUTDOWN_GRACE_SECONDS']);
    expect(podOf(workload).terminationGracePeriodSeconds).toBeGreaterThan(wait + grace);
  });

  it('sends the gateway to the service of the engine', () => {
    const url = new URL(rendered.settings('gateway')['ENGINE_URL'] ?? '');
    const service = rendered.one('Service', url.hostname);
    expect(service.spec?.ports?.map(({ port }) => String(port))).toEqual([url.port]);
    expect(service.spec?.type ?? 'ClusterIP').toBe('ClusterIP');
    expect(service.spec?.selector).toMatchObject({ 'app.kubernetes.io/name': 'engine' });
  });

  it('lets the gateways, of which there are several, count together in one Redis that only they reach', () => {
    const url = new URL(rendered.settings('gateway')['REDIS_URL'] ?? '');
    const service = rendered.one('Service', url.hostname);
    expect(service.spec?.ports?.map(({ port }) => String(port))).toEqual([url.port]);
    expect(service.spec?.selector).toMatchObject({ 'app.kubernetes.io/name': 'redis' });
    expect(rendered.callersOf('redis')).toEqual(['gateway']);
    const allowed = rendered.policiesOf('gateway').flatMap(({ spec }) => spec?.egress ?? []);
    expect(allowed).toContainEqual({
      to: [{ podSelector: { matchLabels: { 'app.kubernetes.io/name': 'redis' } } }],
      ports: [{ protocol: 'TCP', port: Number(url.port) }],
    });
    expect(rendered.one('StatefulSet', 'redis').spec?.replicas).toBe(1);
  });

  it('gives Redis half of its memory to fill, and keeps stored responses on its volume', () => {
    const container = containerOf(rendered.one('StatefulSet', 'redis'));
    const args = container.args ?? [];
    const valueOf = (name: string): string | undefined => args[args.indexOf(name) + 1];
    const limit = Number(/^(\d+)Mi$/.exec(String(container.resources?.limits?.['memory']))?.[1]);
    expect(2 * Number.parseInt(valueOf('--maxmemory') ?? '', 10)).toBeLessThan(limit);
    expect([valueOf('--appendonly'), valueOf('--dir')]).toEqual(['yes', container.volumeMounts?.[0]?.mountPath]);
  });

  it('lets only the gateway reach the engine, and anyone the gateway', () => {
    expect(rendered.callersOf('engine')).toEqual(['gateway']);
    expect(rendered.callersOf('gateway')).toEqual(['anyone']);
  });

  it('denies what no policy allows', () => {
    const denied = rendered.policiesOf('some-other-pod').filter(({ spec }) => spec?.policyTypes?.includes('Ingress'));
    expect(denied.map(({ spec }) => [spec?.policyTypes, spec?.ingress, spec?.egress])).toEqual([
      [['Ingress', 'Egress'], undefined, undefined],
    ]);
  });

  it('opens in its policies the ports that the pods have', () => {
    for (const workload of rendered.workloads()) {
      const own = workload.metadata?.name ?? '';
      const ports = containerOf(workload).ports?.map(({ containerPort }) => containerPort);
      const opened = rendered
        .policiesOf(own)
        .flatMap(({ spec }) => spec?.ingress ?? [])
        .flatMap((rule) => rule.ports ?? []);
      expect(opened.map(({ port }) => port)).toEqual(ports);
    }
  });

  it('has the gateway listen on the ports of its pods', () => {
    const ports = containerOf(rendered.one('Deployment', 'gateway')).ports?.map(({ containerPort }) => containerPort);
    expect(rendered.settings('gateway')['GATEWAY_PORTS']).toBe(ports?.join(','));
  });

  it('tells Prometheus where the metrics of the gateway are', () => {
    const { spec } = rendered.one('Deployment', 'gateway');
    expect(spec?.template.metadata?.annotations).toEqual({
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '3160',
      'prometheus.io/path': '/metrics',
    });
  });
});

suite(`Kubernetes overlay ollama${reason}`, () => {
  const rendered = overlays.ollama;

  it('lets only the engine reach Ollama, under the address that it is told', () => {
    expect(rendered.callersOf('ollama')).toEqual(['engine']);
    const [host = '', port] = (rendered.settings('engine')['OLLAMA_HOST'] ?? '').split(':');
    expect(rendered.one('Service', host).spec?.ports?.map((entry) => String(entry.port))).toEqual([port]);
  });

  it('tells the engine what Ollama was told and does not tell', () => {
    const { env } = containerOf(rendered.one('StatefulSet', 'ollama'));
    const slots = env?.find(({ name }) => name === 'OLLAMA_NUM_PARALLEL')?.value;
    expect(rendered.settings('engine')['OLLAMA_NUM_PARALLEL']).toBe(slots);
  });

  it('plans with no more memory than Ollama has', () => {
    const limit = containerOf(rendered.one('StatefulSet', 'ollama')).resources?.limits?.['memory'];
    expect(gib(rendered.settings('engine')['MEMORY_BUDGET'])).toBeLessThan(gib(limit));
  });
});

suite(`Kubernetes overlay embedded${reason}`, () => {
  const rendered = overlays.embedded;
  const engine = (): IDeployment => rendered.one('Deployment', 'engine');

  it('brings no Ollama', () => {
    expect(JSON.stringify(rendered.manifests)).not.toContain('ollama');
  });

  it('keeps models on a volume that outlives the pod', () => {
    const claim = rendered.one('PersistentVolumeClaim', 'models');
    const volume = podOf(engine()).volumes?.find(
      ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claim.metadata.name,
    );
    const mount = containerOf(engine()).volumeMounts?.find(({ name }) => name === volume?.name);
    expect(mount?.mountPath).toBe(rendered.settings('engine')['MODELS_DIR']);
  });

  it('measures the memory of its own container and does not start more threads than that has processors', () => {
    expect(rendered.settings('engine')['MEMORY_BUDGET']).toBeUndefined();
    const cpus = Number(containerOf(engine()).resources?.limits?.['cpu']);
    expect(Number(rendered.settings('engine')['EMBEDDED_THREADS'])).toBeLessThan(cpus);
  });
});

suite(`Kubernetes component prometheus${reason}`, () => {
  it('lets a trusted Prometheus reach the engine as well, and tells it where the metrics are', () => {
    expect(scraped.manifests.flatMap(manifestProblems)).toEqual([]);
    expect([...scraped.callersOf('engine')].sort()).toEqual(['gateway', 'prometheus']);
    const { spec } = scraped.one('Deployment', 'engine');
    expect(spec?.template.metadata?.annotations).toMatchObject({
      'prometheus.io/port': '3161',
      'prometheus.io/path': '/metrics',
    });
  });
});

suite(`Kubernetes component ingress${reason}`, () => {
  it('leads from outside to the API and the page, by TLS, and holds no stream back', () => {
    expect(withIngress.manifests.flatMap(manifestProblems)).toEqual([]);
    const { metadata, spec } = withIngress.one('Ingress', 'gateway');
    const rules = spec?.rules ?? [];
    expect(spec?.tls?.flatMap(({ hosts }) => hosts)).toEqual(rules.map(({ host }) => host));
    const { service } = rules[0]!.http!.paths[0]!.backend;
    const ports = withIngress.one('Service', service?.name ?? '').spec?.ports;
    expect(ports?.map(({ name }) => name)).toContain(service?.port?.name);
    expect(metadata?.annotations?.['nginx.ingress.kubernetes.io/proxy-buffering']).toBe('off');
    expect(withIngress.settings('gateway')['TRUST_PROXY']).toBe('1');
    expect(() => loadSettings(withIngress.settings('gateway'))).not.toThrow();
  });
});

suite(`Kubernetes component keys${reason}`, () => {
  it('takes the bootstrap key and the address of Postgres from a Secret, and does not start without it', () => {
    expect(withKeys.manifests.flatMap(manifestProblems)).toEqual([]);
    const container = containerOf(withKeys.one('Deployment', 'gateway'));
    expect(container.envFrom).toEqual([
      { configMapRef: { name: expect.stringMatching(/^gateway-settings/) } },
      { secretRef: { name: 'gateway-secrets' } },
    ]);
    expect(withKeys.manifests.map(({ kind }) => kind)).not.toContain('Secret');
    const names = [...readRepositoryFile(`${KEYS}/kustomization.yaml`).matchAll(/--from-literal=([A-Z_]+)=/g)];
    expect(unknownSettings(names.map(([, name]) => name ?? ''))).toEqual([]);
    expect(names.map(([, name]) => name)).toEqual(['ADMIN_KEY', 'DATABASE_URL']);
  });

  it('lets the gateways reach a Postgres and leaves all else closed', () => {
    const allowed = withKeys.policiesOf('gateway').flatMap(({ spec }) => spec?.egress ?? []);
    expect(allowed).toContainEqual({ ports: [{ protocol: 'TCP', port: 5432 }] });
    expect(withKeys.callersOf('gateway')).toEqual(['anyone']);
    expect(withKeys.callersOf('engine')).toEqual(['gateway']);
  });

  it('leaves metrics to Prometheus, which has no key', () => {
    expect(withKeys.settings('gateway')['METRICS_ACCESS']).toBe('open');
    // Usage needs the Postgres.
    expect(withKeys.settings('gateway')['USAGE']).toBe('on');
    expect(() => loadSettings(withKeys.settings('gateway'))).not.toThrow();
  });
});

describe('the check of manifests', () => {
  const policy = (spec: object): Manifest => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p' },
    spec,
  });

  it('finds a wrong type, an unknown kind and a misspelt field at any depth', () => {
    expect(manifestProblems(policy({ podSelector: {}, policyTypes: ['Egress'] }))).toEqual([]);
    expect(manifestProblems(policy({ podSelector: 'all' }))).toEqual([
      expect.stringContaining('podSelector must be object'),
    ]);
    expect(manifestProblems(policy({ podSelector: {}, ingress: [{ form: [{ a: 1 }] }] }))).toEqual([
      'NetworkPolicy/p.spec.ingress.0.form is unknown',
    ]);
    expect(manifestProblems({ ...policy({}), kind: 'NetworkPolice' })).toEqual([expect.stringContaining('no schema')]);
  });
});

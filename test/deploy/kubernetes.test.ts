import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import { readConfig, SETTINGS } from '../../src/config.js';
import { createTestApp } from '../support/app.js';
import { kubernetesValidate, testWith } from '../support/capabilities.js';
import { invalidManifests, readYaml } from '../support/kubernetes.js';
import { temporaryFolder } from '../support/store.js';

const FOLDER = fileURLToPath(new URL('../../deploy/kubernetes', import.meta.url));
const FILES = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => path.join(FOLDER, name));
const validator = kubernetesValidate();
const test = testWith(validator);

type Labels = Readonly<Record<string, string>>;

interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string | number };
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly resources: object;
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly name: string }[];
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly securityContext: object;
  readonly terminationGracePeriodSeconds?: number;
  readonly volumes?: readonly {
    readonly name: string;
    readonly persistentVolumeClaim?: { readonly claimName: string };
  }[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly template?: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec };
    readonly predictor?: PodSpec;
    readonly selector?: Labels & { readonly matchLabels?: Labels };
    readonly scaleTargetRef?: { readonly kind: string; readonly name: string };
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
    readonly ports?: readonly { readonly targetPort: string }[];
  };
}

const manifests: readonly Manifest[] = validator.missing
  ? []
  : FILES.flatMap((file) => readYaml(validator, readFileSync(file, 'utf8')) as Manifest[]);
const pods = manifests.flatMap(({ kind, metadata, spec }) => {
  const pod = spec.template?.spec ?? spec.predictor;
  return pod ? [{ name: `${kind} ${metadata.name}`, kind, manifest: spec, pod }] : [];
});
const containers = pods.flatMap(({ name, pod }) =>
  pod.containers.map((container) => ({ name, pod, container })),
);
const own = containers.filter(({ container }) => container.image.includes('hypercolumn'));

function named(kind: string): Manifest[] {
  return manifests.filter((manifest) => manifest.kind === kind);
}

function environment({ env = [] }: Container): Record<string, string> {
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

test.each(FILES.map((file) => path.relative(FOLDER, file)))('%s is valid', async (file) => {
  const text = readFileSync(path.join(FOLDER, file), 'utf8');
  const found = invalidManifests(validator, await temporaryFolder(), text);
  // The schema of KServe is not one of Kubernetes.
  if (file.startsWith('kserve/')) expect(found).not.toContain('ERROR');
  else expect(found).toBe('');
});

test('a field that Kubernetes does not have is found', async () => {
  const text = readFileSync(path.join(FOLDER, 'serve.yaml'), 'utf8');
  const wrong = text.replace('readOnlyRootFilesystem', 'readonlyRootFilesystem');
  expect(invalidManifests(validator, await temporaryFolder(), wrong)).toContain(
    "'readonlyRootFilesystem' was unexpected",
  );
});

describe('the containers of Hypercolumn', () => {
  test('run commands that there are, with settings that they accept', () => {
    expect(own.map(({ container }) => container.command)).toEqual(
      expect.arrayContaining([
        ['hypercolumn', 'serve'],
        ['hypercolumn', 'worker'],
      ]),
    );
    const commands = Object.values(COMMANDS).flat();
    for (const { name, container } of own) {
      const [program, command] = container.command!;
      expect(program, name).toBe('hypercolumn');
      expect(commands.map((each) => each.name)).toContain(command);
      // STORAGE_URI is for KServe.
      const { STORAGE_URI: _, ...settings } = environment(container);
      expect(Object.keys(SETTINGS), name).toEqual(expect.arrayContaining(Object.keys(settings)));
      const { DRAIN_SECONDS } = readConfig(settings);
      const grace = containers.find((each) => each.container === container)?.pod;
      expect(grace?.terminationGracePeriodSeconds, name).toBeGreaterThan(DRAIN_SECONDS);
    }
    expect(new Set(own.map(({ container }) => container.image)).size).toBe(1);
  });

  test('are probed where the service answers', async () => {
    const { app } = createTestApp();
    for (const { name, container } of own) {
      const { PORT, HEALTH_PORT } = readConfig(environment(container));
      const probes = [container.startupProbe, container.readinessProbe, container.livenessProbe];
      for (const { httpGet } of probes.flatMap((probe) => probe ?? [])) {
        const port = container.ports?.find(
          (each) => each.name === httpGet?.port || each.containerPort === httpGet?.port,
        );
        expect([PORT, HEALTH_PORT], name).toContain(port?.containerPort);
        expect((await app.request(httpGet!.path)).status, name).not.toBe(404);
      }
    }
  });
});

test('no container is root, may become root, or writes to its image', () => {
  for (const { name, pod, container } of containers) {
    expect(pod.securityContext, name).toMatchObject({
      runAsNonRoot: true,
      runAsUser: expect.any(Number),
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext, name).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.resources, name).toMatchObject({
      requests: { cpu: expect.any(String), memory: expect.any(String) },
      limits: { memory: expect.any(String) },
    });
  }
});

test('what a manifest names is there', () => {
  const claims = named('PersistentVolumeClaim').map(({ metadata }) => metadata.name);
  for (const { name, pod, manifest } of pods) {
    const volumes = [
      ...(pod.volumes ?? []).map((volume) => volume.name),
      ...(manifest.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name),
    ];
    const mounts = pod.containers.flatMap(({ volumeMounts }) => volumeMounts);
    expect(volumes.toSorted(), name).toEqual(mounts.map((mount) => mount.name).toSorted());
    for (const { persistentVolumeClaim: claim } of pod.volumes ?? []) {
      if (claim) expect(claims, name).toContain(claim.claimName);
    }
  }
  const podLabels = pods.map(({ manifest }) => manifest.template?.metadata.labels);
  for (const kind of ['Service', 'Deployment', 'StatefulSet', 'PodDisruptionBudget']) {
    for (const { metadata, spec } of named(kind)) {
      const labels = spec.selector?.matchLabels ?? spec.selector ?? {};
      expect(podLabels, metadata.name).toContainEqual(expect.objectContaining(labels));
    }
  }
  const deployments = named('Deployment').map(({ metadata }) => metadata.name);
  const scaled = named('HorizontalPodAutoscaler').map(({ spec }) => spec.scaleTargetRef?.name);
  expect(scaled).toEqual(['hypercolumn-serve']);
  expect(deployments).toEqual(expect.arrayContaining(scaled));
  const urls = own.flatMap(({ container }) => environment(container)['REDIS_URL'] ?? []);
  expect(new Set(urls)).toEqual(new Set(['redis://redis:6379']));
  expect(named('Service').map(({ metadata }) => metadata.name)).toContain('redis');
});

test('Redis keeps what it has over a restart, and deletes nothing to make room', () => {
  const redis = containers.find(({ container }) => container.name === 'redis');
  const args = redis?.container.args?.join(' ');
  expect(args).toContain('--appendonly yes');
  expect(args).toContain('--maxmemory-policy noeviction');
});

import { stringify } from 'yaml';
import { quoteAll } from '../shell.js';

/** A training as a Job of Kubernetes. */
export interface TrainingJob {
  /** Of the model. */
  readonly name: string;
  readonly image: string;
  /** The PersistentVolumeClaim with the data and the models, and where it is mounted. */
  readonly claim: string;
  readonly mount: string;
  readonly cpus: number;
  /** As in `16G`. */
  readonly memory: string;
  readonly gpus: number | undefined;
  /** Most tasks that run at the same time. */
  readonly parallel: number | undefined;
  /** The words of `train` that all tasks have. */
  readonly words: readonly string[];
  /** How many shares of one model, or the words that each task has alone. */
  readonly tasks: number | readonly (readonly string[])[];
}

/** How often a task is begun again after an error of its node or of the program. */
const RETRIES = 3;
/** Seconds in which a batch ends and a checkpoint is written. */
const GRACE = 120;

/** Writes a manifest as the YAML that Kubernetes reads, in which a bare `yes` is not a text. */
export function writeManifest(manifest: unknown): string {
  return stringify(manifest, { version: '1.1', lineWidth: 0 });
}

/**
 * The manifest of an indexed Job: task i trains share i, or model i. A task that is begun again continues from its
 * checkpoint. Bad input and a training that failed are not tried again; a drained node does not count as a failure.
 */
export function trainingJobManifest(job: TrainingJob): object {
  const { name, claim, mount, tasks, parallel } = job;
  const count = typeof tasks === 'number' ? tasks : tasks.length;
  const labels = {
    'app.kubernetes.io/name': 'hypercolumn',
    'app.kubernetes.io/component': 'training',
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `train-${resourceName(name)}`, labels },
    spec: {
      completionMode: 'Indexed',
      completions: count,
      parallelism: Math.min(count, parallel ?? count),
      backoffLimitPerIndex: RETRIES,
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          {
            action: 'FailIndex',
            onExitCodes: { containerName: 'train', operator: 'In', values: [2, 3] },
          },
        ],
      },
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: GRACE,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 1000,
            runAsGroup: 1000,
            fsGroup: 1000,
            fsGroupChangePolicy: 'OnRootMismatch',
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [container(job)],
          volumes: [
            { name: 'claim', persistentVolumeClaim: { claimName: claim } },
            { name: 'tmp', emptyDir: {} },
          ],
        },
      },
    },
  };

  function container({ image, cpus, memory, gpus }: TrainingJob): object {
    const amounts = {
      cpu: String(cpus),
      memory: inBytes(memory),
      ...(gpus !== undefined && { 'nvidia.com/gpu': String(gpus) }),
    };
    return {
      name: 'train',
      image,
      ...run(job),
      resources: { requests: amounts, limits: amounts },
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
      volumeMounts: [
        { name: 'claim', mountPath: mount },
        { name: 'tmp', mountPath: '/tmp' },
      ],
    };
  }
}

function run({ words, tasks }: TrainingJob): object {
  if (typeof tasks === 'number') {
    return {
      command: ['hypercolumn', 'train', ...words, '--merge'],
      env: [{ name: 'JOB_COMPLETIONS', value: String(tasks) }],
    };
  }
  const script = [
    'case "$JOB_COMPLETION_INDEX" in',
    ...tasks.map((own, i) => `  ${i}) set -- ${quoteAll(own)} ;;`),
    'esac',
    // The index is not that of a share here.
    'unset JOB_COMPLETION_INDEX',
    `exec hypercolumn train ${quoteAll(words)} "$@"`,
  ];
  return { command: ['sh', '-euc', script.join('\n')] };
}

/** Slurm's units, which Kubernetes writes as `Gi`; a number alone is of MiB. */
function inBytes(memory: string): string {
  return /\d$/.test(memory) ? `${memory}Mi` : `${memory}i`;
}

/** A name that Kubernetes accepts: lower case letters, digits and -. */
function resourceName(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return plain.slice(0, 50).replaceAll(/^-|-$/g, '') || 'model';
}

import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, vi } from 'vitest';
import { freePort } from '../../bench/programs/free-port.js';
import type { Capability } from './capabilities.js';
import { temporaryFolder } from './store.js';

const execute = promisify(execFile);

/**
 * Debian's slurmctld, slurmd, slurm-client and munge, on a machine where this user may give a process a host name of
 * its own. `REQUIRE_SLURM=1` demands them.
 */
export function slurm(): Capability {
  const works = (program: string, ...args: string[]) =>
    spawnSync(program, args, { stdio: 'ignore' }).status === 0;
  const isThere =
    works('sh', '-c', 'command -v munged && command -v slurmctld && command -v slurmd') &&
    works('sh', '-c', 'command -v sbatch && command -v squeue') &&
    hostNames().missing === null;
  return {
    missing: isThere ? null : 'no slurmctld, slurmd, sbatch or munged here, or not as root',
    required: process.env['REQUIRE_SLURM'] === '1',
  };
}

/** A user who may give a process a host name of its own. `REQUIRE_SLURM=1` demands it. */
export function hostNames(): Capability {
  const { status } = spawnSync('unshare', ['--uts', 'hostname', 'n1'], { stdio: 'ignore' });
  return {
    missing: status === 0 ? null : 'no host names of processes: not as root',
    required: process.env['REQUIRE_SLURM'] === '1',
  };
}

/** Words that run the words after them on a host of another name. */
export function onHost(name: string): string[] {
  return ['unshare', '--uts', 'sh', '-c', 'hostname "$0" && exec "$@"', name];
}

/** A cluster on this machine. Each node has a host name of its own. */
export interface SlurmCluster {
  /** With which programs find it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs a command of Slurm, and returns what it prints. */
  run(program: string, ...args: string[]): Promise<string>;
  /** Kills all processes of a node, as when its power fails. */
  lose(node: string): void;
}

/** Starts a cluster of nodes n1, n2, ...; all its processes are killed when the test ends. */
export async function startSlurm(nodes: number): Promise<SlurmCluster> {
  const folder = await temporaryFolder();
  const file = (name: string) => path.join(folder, name);
  for (const name of ['state', 'spool']) await mkdir(file(name));
  await writeFile(file('munge.key'), randomBytes(1024), { mode: 0o400 });
  const names = Array.from({ length: nodes }, (_, i) => `n${i + 1}`);
  await writeFile(file('slurm.conf'), await configuration(folder, names));
  const environment = { SLURM_CONF: file('slurm.conf'), PATH: process.env['PATH'] ?? '' };
  const children: ChildProcess[] = [];
  /** Of the nodes, by their names: what all their processes share. */
  const namespaces = new Map<string, string>();
  onTestFinished(() => {
    for (const name of names) lose(name);
    for (const child of children) child.kill('SIGKILL');
  });

  start('munged', [
    ...['--foreground', '--force', `--socket=${file('munge.socket')}`],
    ...[`--key-file=${file('munge.key')}`, `--pid-file=${file('munged.pid')}`],
    ...[`--seed-file=${file('munge.seed')}`, `--log-file=${file('munged.log')}`],
  ]);
  start('slurmctld', ['-D', '-c', '-f', environment.SLURM_CONF]);
  for (const name of names) {
    const begin = ['sh', '-c', 'echo ready; exec slurmd -D -N "$0"', name];
    const [program, ...words] = [...onHost(name), ...begin];
    const node = start(program!, words);
    await new Promise((resolve) => node.stdout?.once('data', resolve));
    namespaces.set(name, readlinkSync(`/proc/${node.pid}/ns/uts`));
  }
  const states = () => run('sinfo', '--noheader', '--Node', '--format=%T');
  await vi.waitFor(async () => expect(await states()).toBe('idle\n'.repeat(nodes)), 20_000);
  return { environment, run, lose };

  function start(program: string, args: readonly string[]): ChildProcess {
    const child = spawn(program, args, { env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    return child;
  }

  async function run(program: string, ...args: string[]): Promise<string> {
    return (await execute(program, args, { env: environment })).stdout;
  }

  function lose(name: string): void {
    const namespace = namespaces.get(name);
    if (namespace === undefined) return;
    // Once its processes have ended, the namespace of another process may get its number.
    namespaces.delete(name);
    for (const id of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
      try {
        if (readlinkSync(`/proc/${id}/ns/uts`) === namespace) process.kill(Number(id), 'SIGKILL');
      } catch {
        // The process has ended.
      }
    }
  }
}

async function configuration(folder: string, nodes: readonly string[]): Promise<string> {
  const host = hostname();
  const lines = await Promise.all(
    nodes.map(
      async (name) =>
        `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${await freePort()} CPUs=4`,
    ),
  );
  return `ClusterName=test
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${await freePort()}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${folder}/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool/%n
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd-%n.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd-%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SlurmdTimeout=10
JobRequeue=1
SchedulerParameters=sched_interval=2,bf_interval=2
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
${lines.join('\n')}
PartitionName=all Nodes=ALL Default=YES LLN=YES MaxTime=INFINITE State=UP
`;
}

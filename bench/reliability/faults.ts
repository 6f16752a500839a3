import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { childProcesses, type RunningService, startService } from '../running-service.js';
import { mountSmallDisk, type SmallDisk } from './small-disk.js';

// Performs faults of the disk and of processes on the real service with models/demo, and prints what it
// answers, what becomes of a job before and after a restart (by kill -9), and what it logs.

/** What a fault led to. */
interface Row {
  readonly fault: string;
  readonly answers: readonly string[];
  readonly before: string;
  readonly after: string;
  readonly log: string;
}

/** Gradient steps: some seconds, and far longer than any fault here takes. */
const SOME = { neurons: '2', restarts: 1, steps: 60 };
const LONG = { restarts: 16, steps: 2000 };
const IMAGE = readFileSync('docs/example.png');

const start = (data: string) => startService({ DATA_DIR: data, LOG_LEVEL: 'info' });

async function request(url: string, options: RequestInit = {}): Promise<string> {
  const answer = await fetch(url, options);
  const body = await answer.text();
  const { detail } = (body.startsWith('{') ? JSON.parse(body) : {}) as { detail?: string };
  return detail === undefined ? String(answer.status) : `${answer.status} ${detail}`;
}

const upload = ({ url }: RunningService) =>
  request(`${url}/v1/stimulus-sets?height=50&width=50&fit=resize`, {
    method: 'PUT',
    headers: { 'Content-Type': 'image/png' },
    body: IMAGE,
  });
const predict = ({ url }: RunningService) =>
  request(`${url}/v1/models/demo/responses?fit=resize`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/png' },
    body: IMAGE,
  });
const posting = (body: object): RequestInit => ({ method: 'POST', body: JSON.stringify(body) });
const post = ({ url }: RunningService) =>
  request(`${url}/v1/models/demo/preferred-stimulus`, posting(SOME));

/** @returns the job's place */
async function begin(
  { url }: RunningService,
  body: object,
  kind = 'preferred-stimulus',
): Promise<string> {
  const answer = await fetch(`${url}/v1/models/demo/${kind}`, posting(body));
  const place = answer.headers.get('Location');
  if (place === null) throw new Error(await answer.text());
  return place;
}

async function describeOutcome({ url }: RunningService, place: string): Promise<string> {
  const answer = await fetch(url + place);
  const job = (await answer.json()) as { state?: string; reason?: string | null; detail?: string };
  if (job.state === undefined) return `${answer.status} ${job.detail}`;
  return job.reason == null ? job.state : `${job.state}: ${job.reason}`;
}

const over = async ({ url }: RunningService, place: string) =>
  void (await (await fetch(`${url}${place}/events`)).text());

/** The messages of the lines that are warnings or errors, each once. */
function logged({ log }: RunningService): string {
  const lines = log.map((line) => JSON.parse(line) as { level: number; msg: string });
  return [...new Set(lines.filter(({ level }) => level >= 40).map(({ msg }) => msg))].join('<br>');
}

/** Kills a child process of the service as soon as it runs, a given number of times. */
async function killChild({ pid }: RunningService, module: string, times: number): Promise<void> {
  const killed = new Set<number>();
  while (killed.size < times) {
    for (const child of await childProcesses(pid)) {
      const command = (() => {
        try {
          return readFileSync(`/proc/${child}/cmdline`, 'utf8');
        } catch {
          return ''; // it has ended meanwhile
        }
      })();
      if (!command.includes(module) || killed.has(child) || killed.size === times) continue;
      process.kill(child, 'SIGKILL');
      killed.add(child);
    }
    await new Promise(setImmediate);
  }
}

async function restarted(service: RunningService, data: string, place: string): Promise<string> {
  await service.end('SIGKILL');
  const again = await start(data);
  const story = await describeOutcome(again, place);
  await again.end('SIGKILL');
  return story;
}

async function onDisk(work: (disk: SmallDisk) => Promise<Row>): Promise<Row> {
  const disk = await mountSmallDisk();
  try {
    return await work(disk);
  } finally {
    disk.unmount();
  }
}

/** A fault of the disk while a job runs, which then ends or is cancelled. */
function diskFault(
  fault: string,
  how: 'ends' | 'is cancelled',
  strike: (disk: SmallDisk) => void,
  mend: (disk: SmallDisk) => void,
): () => Promise<Row> {
  return () =>
    onDisk(async (disk) => {
      const service = await start(disk.folder);
      const place = await begin(service, how === 'ends' ? SOME : LONG);
      // so that nothing of it is being written when the disk fills
      const record = path.join(disk.folder, place.replace('/v1/', ''));
      while (!readFileSync(`${record}.json`, 'utf8').includes('"running"')) {
        await new Promise(setImmediate);
      }
      strike(disk);
      const answers = [
        `PUT set: ${await upload(service)}`,
        `POST job: ${await post(service)}`,
        `prediction: ${await predict(service)}`,
      ];
      if (how === 'is cancelled') await fetch(service.url + place, { method: 'DELETE' });
      await over(service, place);
      const before = await describeOutcome(service, place);
      const log = logged(service);
      mend(disk);
      const after = await restarted(service, disk.folder, place);
      return { fault: `${fault}; a job ${how}`, answers, before, after, log };
    });
}

async function inFolder(work: (data: string) => Promise<Row>): Promise<Row> {
  const data = await mkdtemp(path.join(tmpdir(), 'hypercolumn-faults-'));
  try {
    return await work(data);
  } finally {
    await rm(data, { recursive: true });
  }
}

/** `kill -9` of a child process while a job runs. */
function killed(fault: string, kind: string, module: string, times: number): () => Promise<Row> {
  return () =>
    inFolder(async (data) => {
      const service = await start(data);
      const body = kind === 'characterize' ? { neurons: '2' } : SOME;
      const place = await begin(service, body, kind);
      await killChild(service, module, times);
      const answers = [`prediction: ${await predict(service)}`];
      await over(service, place);
      const before = await describeOutcome(service, place);
      const log = logged(service);
      return { fault, answers, before, after: await restarted(service, data, place), log };
    });
}

const serviceKilled = () =>
  inFolder(async (data) => {
    const service = await start(data);
    const place = await begin(service, LONG);
    const before = await describeOutcome(service, place);
    const after = await restarted(service, data, place);
    return { fault: 'kill -9 of the service', answers: [], before, after, log: '' };
  });

const twoServices = () =>
  inFolder(async (data) => {
    const [first, place] = await start(data).then(async (service) => {
      return [service, await begin(service, LONG)] as const;
    });
    const second = await start(data);
    const answers = [
      `GET jobs of the second: ${await request(`${second.url}/v1/jobs`)}`,
      `PUT set: ${await upload(second)}`,
      `prediction: ${await predict(second)}`,
    ];
    const before = await describeOutcome(first, place);
    const began = performance.now();
    await first.end('SIGKILL');
    while ((await fetch(second.url + place)).status !== 200) await new Promise(setImmediate);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const after = `${await describeOutcome(second, place)} (of the second, ${seconds} s after kill -9 of the first)`;
    const log = logged(second);
    await second.end('SIGKILL');
    return { fault: 'two services on one DATA_DIR', answers, before, after, log };
  });

const ID = 'a'.repeat(32);
/** What replaces the record of a job. */
const ODD: Readonly<Record<string, (place: string) => void>> = {
  'a folder': (place) => void mkdirSync(place),
  'a link to itself': (place) => symlinkSync(place, place),
  'a pipe': (place) => void execFileSync('mkfifo', [place]),
  'a device': (place) => symlinkSync('/dev/zero', place),
  'half a record': (place) => writeFileSync(place, '{"id"'),
};

function odd(name: string, make: (place: string) => void): () => Promise<Row> {
  return () =>
    inFolder(async (data) => {
      mkdirSync(path.join(data, 'jobs'));
      make(path.join(data, 'jobs', `${ID}.json`));
      const service = await start(data);
      const place = `/v1/jobs/${ID}`;
      const before = await describeOutcome(service, place);
      const log = logged(service);
      const after = await restarted(service, data, place);
      const again = await start(data);
      const answers = [`DELETE: ${await request(again.url + place, { method: 'DELETE' })}`];
      await again.end('SIGKILL');
      return { fault: `${name} in the place of a job's record`, answers, before, after, log };
    });
}

const fileForJobs = () =>
  inFolder(async (data) => {
    writeFileSync(path.join(data, 'jobs'), '');
    const service = await start(data);
    const answers = [
      `GET jobs: ${await request(`${service.url}/v1/jobs`)}`,
      `PUT set: ${await upload(service)}`,
      `prediction: ${await predict(service)}`,
    ];
    const log = logged(service);
    await service.end('SIGKILL');
    return {
      fault: 'a file in the place of the folder of jobs',
      answers,
      before: '',
      after: '',
      log,
    };
  });

const full = (disk: SmallDisk) => disk.fill();
const readOnly = (disk: SmallDisk) => disk.remount('ro');
const writable = (disk: SmallDisk) => disk.remount('rw');
const away = ({ folder }: SmallDisk, from: string, to: string) => {
  for (const name of ['jobs', 'stimulus-sets', 'responses']) {
    renameSync(path.join(folder, name + from), path.join(folder, name + to));
  }
};
const gone = (disk: SmallDisk) => away(disk, '', '.away');
const back = (disk: SmallDisk) => away(disk, '.away', '');

const FAULTS: readonly (() => Promise<Row>)[] = [
  diskFault('the disk is full', 'ends', full, full),
  diskFault('the disk is full', 'is cancelled', full, full),
  diskFault('the disk is read-only, and writable at the restart', 'ends', readOnly, writable),
  diskFault(
    'the disk is read-only, and writable at the restart',
    'is cancelled',
    readOnly,
    writable,
  ),
  diskFault('the folders are gone, and back at the restart', 'ends', gone, back),
  killed('kill -9 of the inference process', 'preferred-stimulus', 'inference-worker.js', 1),
  killed('kill -9 of the process of a characterization', 'characterize', 'job-worker.js', 1),
  killed('kill -9 of the process of a search', 'preferred-stimulus', 'job-worker.js', 1),
  killed('kill -9 of three processes of a search', 'preferred-stimulus', 'job-worker.js', 3),
  serviceKilled,
  twoServices,
  ...Object.entries(ODD).map(([name, make]) => odd(name, make)),
  fileForJobs,
];

console.log(
  '| fault | answers | the job | after kill -9 and a restart | warnings and errors in the log |',
);
console.log('|---|---|---|---|---|');
for (const perform of FAULTS) {
  const { fault, answers, before, after, log } = await perform();
  const same = after === before && before !== '' ? 'the same' : after;
  console.log(`| ${[fault, answers.join('<br>'), before, same, log].join(' | ')} |`);
}

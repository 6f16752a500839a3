import path from 'node:path';
import { copyModel } from '../copy-model.js';
import { median } from '../figures.js';
import { type BenchRequest, npyRequest } from '../http-client.js';
import { type RunningService, startService } from '../running-service.js';
import type { Row } from '../table.js';
import type { ScaleConfig } from './config.js';

/** Models that a service has, and those that are requested one after the other. */
const MODELS = 1000;
const ASKED = 200;
/** Models of a public server, and those on one page of its list. */
const LISTED = 10_000;
const PAGE = 100;
/** Of MODEL_MEMORY: 22 models of the demo's size. */
const MEMORY = 256 * 2 ** 20;

/** Measures services that have many models, and memory for a few of them. */
export async function measureManyModels(config: ScaleConfig): Promise<Row[]> {
  return [...(await measureThousand(config)), ...(await measureList(config))];
}

async function measureThousand(config: ScaleConfig): Promise<Row[]> {
  const service = await serve(config, MODELS);
  try {
    const ready: Row = {
      what: `${MODELS} models: from the start to ready`,
      toReach: '3 s',
      measured: `${(service.startedIn / 1000).toFixed(2)} s`,
      met: service.startedIn < 3000,
    };
    return [ready, ...(await measureColdAnswers(service))];
  } finally {
    await service.stop();
  }
}

/** Reads the list of ten thousand models page by page. */
async function measureList(config: ScaleConfig): Promise<Row[]> {
  const service = await serve(config, LISTED);
  try {
    const pages: number[] = [];
    let seen = 0;
    let query = `?limit=${PAGE}`;
    while (query !== '') {
      const begun = performance.now();
      const answer = await fetch(`${service.url}/v1/models${query}`);
      const page = (await answer.json()) as { models: unknown[]; next?: string };
      pages.push(performance.now() - begun);
      seen += page.models.length;
      query = page.next === undefined ? '' : `?limit=${PAGE}&cursor=${page.next}`;
    }
    if (seen !== LISTED) throw new Error(`the pages had ${seen} models`);
    const slowest = Math.max(...pages);
    const started = `${(service.startedIn / 1000).toFixed(1)} s`;
    return [
      {
        what: `slowest page of ${PAGE}, ${LISTED} models listed page by page`,
        toReach: '100 ms',
        measured: `${slowest.toFixed(0)} ms (median ${median(pages).toFixed(0)} ms)`,
        met: slowest < 100,
      },
      {
        what: `${LISTED} models: from the start to ready, and memory then`,
        toReach: '',
        measured: `${started}, ${megabytes(await service.memory())} MB`,
        met: undefined,
      },
    ];
  } finally {
    await service.stop();
  }
}

async function serve({ folder, models }: ScaleConfig, count: number): Promise<RunningService> {
  const directory = path.join(folder, `models-${count}`);
  const names = Array.from({ length: count }, (_, index) => nameOf(index));
  await copyModel(path.join(models, 'demo', '1'), directory, names);
  return await startService({
    MODELS_DIR: directory,
    DATA_DIR: path.join(folder, `data-${count}`),
    MODEL_MEMORY: String(MEMORY),
  });
}

async function measureColdAnswers(service: RunningService): Promise<Row[]> {
  const cold: number[] = [];
  const memory: number[] = [await service.memory()];
  for (let model = 0; model < ASKED; model++) {
    const begun = performance.now();
    await send(npyRequest(`${service.url}/v1/models/${nameOf(model)}/responses`, 1));
    cold.push(performance.now() - begun);
    memory.push(await service.memory());
  }
  const slowest = Math.max(...cold);
  const highest = Math.max(...memory);
  // The memory is full of models long before the first half is over.
  const [first, second] = [memory.slice(ASKED / 4, ASKED / 2), memory.slice(-ASKED / 4)].map(
    (part) => Math.max(...part),
  );
  const growth = second! - first!;
  return [
    {
      what: `slowest of ${ASKED} cold answers, one model after the other`,
      toReach: '1 s',
      measured: `${slowest.toFixed(0)} ms (median ${median(cold).toFixed(0)} ms)`,
      met: slowest < 1000,
    },
    {
      what: `most memory of the service and its processes, ${ASKED} models requested`,
      toReach: '700 MB',
      measured: `${megabytes(memory[0]!)} MB when ready, then ${megabytes(highest)} MB`,
      met: highest < 700e6,
    },
    {
      what: `growth of that memory from models ${ASKED / 4} to ${ASKED / 2} to the last ${ASKED / 4}`,
      toReach: '20 MB',
      measured: `${megabytes(growth)} MB`,
      met: growth < 20e6,
    },
  ];
}

async function send({ url, headers, body }: BenchRequest): Promise<void> {
  const answer = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}: ${text}`);
}

function nameOf(index: number): string {
  return `site-${String(index).padStart(5, '0')}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

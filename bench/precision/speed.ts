import path from 'node:path';
import { createCpuEngine } from '../../src/inference/cpu-engine.js';
import { ADDON_FILE, loadAddon } from '../../src/inference/kernels/addon.js';
import { packNetworks } from '../../src/inference/kernels/site-kernels.js';
import { nativeCard } from '../../src/models/native-card.js';
import { readMembers, type SavedModel } from '../../src/models/saved-model.js';
import { isShared } from '../../src/network/any-architecture.js';
import type { ArchitectureId } from '../../src/network/architectures/index.js';
import { PRECISIONS, type Precision } from '../../src/network/precision.js';
import { randomStream } from '../../src/network/random.js';
import { makeModel } from '../../training/random-model/random-model-command.js';
import { median } from '../figures.js';

/** Images of a request. */
const REQUESTS = [1, 8];

export interface SpeedOptions {
  readonly architectures: readonly ArchitectureId[];
  readonly neurons: number;
  readonly rounds: number;
  readonly threads: number;
}

/** Times the precisions in turns. */
export async function printSpeed(folder: string, options: SpeedOptions): Promise<void> {
  if (options.architectures.length === 0) return;
  console.log(
    `\n${options.neurons} neurons, ${options.threads} threads, ${options.rounds} rounds; the ratio is the ` +
      'median of those of the rounds, and the largest change is of the range of all responses',
  );
  console.log(
    '| network | precision | weights | images | median (least) | of float32 | largest change |',
  );
  console.log('|---|---|---|---|---|---|---|');
  for (const id of options.architectures) {
    const out = path.join(folder, id);
    const { neurons } = options;
    await timeSite(await makeModel({ architecture: id, neurons, out, seed: 1 }), options);
  }
}

async function timeSite(saved: SavedModel, { rounds, threads }: SpeedOptions): Promise<void> {
  const { digest, folder, card } = saved;
  const neurons = Int32Array.from(card.neurons.keys());
  const engines = await Promise.all(
    PRECISIONS.map(async (precision) => {
      const engine = createCpuEngine({ threads, kernels: ADDON_FILE, precision });
      await engine.load(folder, digest);
      return { precision, engine, bytes: await weightBytes(saved, precision) };
    }),
  );
  const { height, width } = card.stimulus;
  const random = randomStream(1, 'stimuli');
  for (const count of REQUESTS) {
    const pixels = Float32Array.from({ length: count * height * width }, () => random.uniform());
    const stimuli = { count, height, width, channels: 1 as const, pixels };
    const times = engines.map(() => [] as number[]);
    const answers: Float32Array[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const [i, { engine }] of engines.entries()) {
        const begun = performance.now();
        answers[i] = await engine.respond({ digest, stimuli, neurons });
        times[i]!.push(performance.now() - begun);
      }
    }
    for (const [i, { precision, bytes }] of engines.entries()) {
      const ratio = median(times[i]!.map((time, round) => time / times[0]![round]!));
      console.log(
        `| ${card.architecture.id} | ${precision} | ${(bytes / 1e6).toFixed(1)} MB | ${count} | ` +
          `${median(times[i]!).toFixed(2)} ms (${Math.min(...times[i]!).toFixed(2)}) | ${ratio.toFixed(2)} x | ${change(answers[0]!, answers[i]!)} |`,
      );
    }
  }
  for (const { engine } of engines) await engine.close();
}

/** Returns the largest change, as a share of the range. */
function change(exact: Float32Array, other: Float32Array): string {
  const [least, most] = [Math.min(...exact), Math.max(...exact)];
  const largest = exact.reduce((so, x, i) => Math.max(so, Math.abs(x - other[i]!)), 0);
  return largest === 0 ? '0' : `${((100 * largest) / (most - least)).toPrecision(2)} %`;
}

async function weightBytes(saved: SavedModel, precision: Precision): Promise<number> {
  const { architecture, stimulus, neurons } = nativeCard(saved.card);
  const addon = loadAddon();
  if (addon === undefined || isShared(architecture)) throw new Error('there are no kernels');
  const members = await readMembers(saved);
  const networks = neurons.map((_, i) => i);
  return packNetworks(addon, { architecture, stimulus, members, networks, precision }).weights
    .byteLength;
}

import { existsSync } from 'node:fs';
import { InputError } from '../errors.js';
import { type PopulationSize, populationSize, respondByMembers } from '../models/members.js';
import type { Precision } from '../network/precision.js';
import { createTaskThread } from '../workers/task-thread.js';
import type { Engine } from './engine.js';
import { checkGolden, goldenStimuli } from './golden-check.js';
import { type Addon, loadAddon, type NativeAnswerer, reasonFile } from './kernels/addon.js';
import type { DirectModel, MailboxFiles } from './kernels/mailbox.js';
import { createKernelResponder } from './kernels/respond.js';
import { type KernelThreads, startKernelThreads } from './kernels/threads.js';
import type { LoadedModel } from './loaded-model.js';
import { loadGraphs } from './onnx/graph-model.js';
import { createPools, type Pools } from './onnx/pools.js';
import { createWorkerPool } from './onnx/worker-pool.js';
import { planar } from './planar.js';
import type { ModelSource, PreparedKernels, PreparedModel } from './prepare-model.js';
import { usedPrecision } from './used-precision.js';

export interface CpuEngineOptions {
  /** How many threads compute the responses of a model. */
  readonly threads: number;
  /** The compiled kernels; left out: onnxruntime computes all models. */
  readonly kernels?: string;
  /** In which the kernels store weights; left out: float32. */
  readonly precision?: Precision;
  /** From which small requests are answered, where there are kernels. */
  readonly mailbox?: MailboxFiles | undefined;
  /** The compiled module that threads of onnxruntime run. */
  readonly entry?: URL;
  /** The compiled module that prepares models. */
  readonly preparingEntry?: URL;
  /** Milliseconds, monotonic. */
  readonly clock?: () => number;
}

interface ServedModel extends LoadedModel {
  readonly population: PopulationSize;
  readonly direct?: DirectModel | undefined;
}

/** What answers a mailbox. */
interface Answering {
  readonly addon: Addon;
  readonly answerer: NativeAnswerer;
}

/** The thread that prepares models takes 20 MB, and starts in 0.1 s; models that are loaded one after the other use one. */
const IDLE_MILLISECONDS = 100;

/**
 * An engine that computes on threads of this machine's CPU: networks of one neuron with the kernels, where they are
 * compiled for it, all others with onnxruntime. A thread of its own reads and prepares models.
 * @throws InputError for a precision that needs kernels where there are none
 */
export function createCpuEngine(options: CpuEngineOptions): Engine {
  const { threads: count, entry = new URL('./onnx/session-worker.js', import.meta.url) } = options;
  const { preparingEntry = new URL('./preparing-worker.js', import.meta.url) } = options;
  const { clock = () => performance.now(), precision = 'float32' } = options;
  const addon = options.kernels === undefined ? undefined : loadAddon(options.kernels);
  if (addon === undefined && precision !== 'float32') {
    throw new InputError(
      `the kernels in C are not compiled for this machine${whereItSaysWhy(options.kernels)}, ` +
        `and nothing else computes in ${precision}; expected float32`,
    );
  }
  const preparing = createTaskThread<ModelSource, PreparedModel>({
    entry: preparingEntry,
    name: 'the thread that prepares models',
    idleMilliseconds: IDLE_MILLISECONDS,
  });
  preparing.start();
  const kernels = addon && { file: options.kernels, threads: startKernelThreads(addon, count) };
  const answering = addon && options.mailbox && answerMailbox(addon, options.mailbox);
  let pools: Pools | undefined;
  // With kernels, threads of onnxruntime start with the first model that needs them.
  if (kernels === undefined) openPools();
  const models = new Map<string, ServedModel>();

  return {
    description: {
      name: 'onnx',
      device: describeDevice(count, addon?.instructions, precision),
      precision,
    },

    async load(folder, digest) {
      if (models.has(digest)) return;
      const source = { folder, digest, threads: count, kernels: kernels?.file, precision };
      const prepared = await preparing.run(source);
      const { card } = prepared;
      const model = {
        population: populationSize(card),
        ...(prepared.kind === 'kernels'
          ? loadKernels(kernels?.threads, prepared, answering)
          : await loadGraphs(openPools(), digest, prepared)),
      };
      try {
        const neurons = Int32Array.from(card.neurons.keys());
        const responses = await respond(model, goldenStimuli(card), neurons, true);
        checkGolden(card, responses, usedPrecision(card, precision));
      } catch (error) {
        await model.unload();
        throw error;
      }
      models.set(digest, model);
    },

    async unload(digest) {
      const model = models.get(digest);
      models.delete(digest);
      await model?.unload();
    },

    direct: (digest) => models.get(digest)?.direct,

    async respond({ digest, stimuli, neurons }) {
      const model = models.get(digest);
      if (model === undefined) throw new Error(`model ${digest} is not loaded`);
      return await respond(model, stimuli, neurons);
    },

    async close() {
      answering?.addon.closeAnswerer(answering.answerer);
      kernels?.threads.close();
      await Promise.all([preparing.close(), pools?.close()]);
    },
  };

  function openPools(): Pools {
    pools ??= createPools({ start: () => createWorkerPool(count, entry), clock });
    return pools;
  }
}

/** Such as ` (…/kernels-linux-x64.absent says why)`. */
function whereItSaysWhy(kernels: string | undefined): string {
  const file = kernels && reasonFile(kernels);
  return file && existsSync(file) ? ` (${file} says why)` : '';
}

/** Kernels are named, since their responses differ by rounding from those of onnxruntime, and from CPU to CPU. */
function describeDevice(
  threads: number,
  instructions: string | undefined,
  precision: Precision,
): string {
  const cpu = `${threads} CPU thread${threads === 1 ? '' : 's'}`;
  if (instructions === undefined) return cpu;
  const weights = precision === 'float32' ? '' : `, weights in ${precision}`;
  return `${cpu}, kernels for ${instructions}${weights}`;
}

/** @returns [stimuli, columns] */
function respond(
  { population, respond: compute }: ServedModel,
  ...[stimuli, columns, isBackground]: Parameters<LoadedModel['respond']>
): Promise<Float32Array> {
  return respondByMembers(population, columns, (networks) =>
    compute(stimuli, networks, isBackground),
  );
}

function answerMailbox(addon: Addon, { memory, bell }: MailboxFiles): Answering | undefined {
  const answerer = addon.answerMailbox(memory, bell);
  return answerer && { addon, answerer };
}

function loadKernels(
  threads: KernelThreads | undefined,
  { networks, card }: PreparedKernels,
  answering: Answering | undefined,
): LoadedModel & Pick<ServedModel, 'direct'> {
  if (threads === undefined) throw new Error('a model was prepared for kernels that are not there');
  const responder = createKernelResponder(threads, networks);
  const { site, weights } = responder;
  // Other models have columns or pixels in another order than the kernels.
  const isDirect = populationSize(card).members === 1 && card.stimulus.channels === 1;
  const number = isDirect && answering?.addon.addSite(answering.answerer, site, weights);
  const { multiplications } = networks;
  return {
    direct: number ? { site: number, multiplications } : undefined,
    respond: (stimuli, columns, isBackground) =>
      responder.respond(planar(stimuli), stimuli.count, columns, isBackground),
    async unload() {
      if (number) answering?.addon.removeSite(answering.answerer, number);
    },
  };
}

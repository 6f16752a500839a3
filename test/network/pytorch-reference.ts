import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeNpy, encodeNpy } from '../../src/formats/npy.js';
import { encodeSafetensors } from '../../src/formats/safetensors.js';
import type { NetworkCard } from '../../src/interpret/interpretation.js';
import type { Weights } from '../../src/models/saved-model.js';
import type { Stimuli } from '../../src/stimulus/stimuli.js';
import { runPython } from '../support/python.js';

/** What PyTorch computes in float64. */
export interface Reference {
  /** [images, neurons] */
  readonly responses: Float32Array;
  /** d response of the first neuron / d pixel, of the shape of the pixels */
  readonly gradients: Float32Array;
  /** [images, neurons, places], where the script writes it */
  readonly attention: Float32Array | null;
}

/**
 * Computes responses and gradients with a script of this folder.
 * @param python with PyTorch
 * @param script such as `networks.py`
 * @param folder for what the script reads and writes
 */
export async function computeReference(
  python: string,
  script: string,
  folder: string,
  { architecture, stimulus }: NetworkCard,
  weights: Weights,
  { count, height, width, channels, pixels }: Stimuli,
): Promise<Reference> {
  const place = (name: string) => path.join(folder, name);
  await rm(place('attention.npy'), { force: true }); // of an earlier network
  await writeFile(place('weights.safetensors'), encodeSafetensors(weights));
  await writeFile(place('network.json'), JSON.stringify({ architecture, stimulus }));
  await writeFile(
    place('stimuli.npy'),
    encodeNpy(pixels, [count, height, width, ...(channels === 1 ? [] : [channels])]),
  );
  runPython(python, fileURLToPath(new URL(script, import.meta.url)), folder);
  const read = async (name: string) =>
    Float32Array.from(decodeNpy(await readFile(place(name))).data);
  return {
    responses: await read('responses.npy'),
    gradients: await read('gradients.npy'),
    attention: existsSync(place('attention.npy')) ? await read('attention.npy') : null,
  };
}

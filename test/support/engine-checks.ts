import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import type { Engine } from '../../src/inference/engine.js';
import { readModel, type SavedModel } from '../../src/models/saved-model.js';
import { randomStream } from '../../src/network/random.js';
import type { Stimuli } from '../../src/stimulus/stimuli.js';
import { saveRandomModel } from './saved-models.js';

/** Random images of the size of a model. */
export function randomStimuli({ card }: SavedModel, count: number): Stimuli {
  const { height, width, channels } = card.stimulus;
  const random = randomStream(5, 'stimuli');
  const length = count * height * width * channels;
  const pixels = Float32Array.from({ length }, () => random.uniform());
  return { count, height, width, channels, pixels };
}

/** Expects that an engine rejects a model with wrong weights, a changed card or wrong golden responses. */
export async function expectBrokenModelsRejected(engine: Engine, folder: string): Promise<void> {
  const broken = await saveRandomModel(folder, 'broken');
  const file = path.join(broken.folder, 'weights.safetensors');
  const bytes = await readFile(file);
  await writeFile(file, bytes.subarray(0, -4));
  await expect(engine.load(broken.folder, broken.digest)).rejects.toThrow('its sha256 differs');
  await writeFile(file, bytes);

  const card = path.join(broken.folder, 'card.json');
  const changed = JSON.parse(await readFile(card, 'utf8')) as SavedModel['card'];
  changed.golden.responses[0]![1]! += 0.01;
  await writeFile(card, JSON.stringify(changed));
  await expect(engine.load(broken.folder, broken.digest)).rejects.toThrow('card.json changed');
  const { digest } = await readModel(broken.folder);
  await expect(engine.load(broken.folder, digest)).rejects.toThrow(
    /does not reproduce the responses stored in the card: neuron 1 answers/,
  );
  await expect(
    engine.respond({ digest, stimuli: randomStimuli(broken, 1), neurons: Int32Array.of(0) }),
  ).rejects.toThrow('is not loaded');
}

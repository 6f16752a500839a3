import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { InputError, messageOf } from '../../src/errors.js';
import { writeWhole } from '../../src/files/whole-file.js';
import { checkGolden, goldenStimuli } from '../../src/inference/golden-check.js';
import { loadOnnxruntime } from '../../src/inference/onnx/onnxruntime.js';
import { RESPONSES, STIMULI } from '../../src/inference/onnx/site-graph.js';
import { planar } from '../../src/inference/planar.js';
import { readVerified } from '../../src/inference/verified-model.js';
import type { ModelCard } from '../../src/models/card.js';
import { isImportedCard } from '../../src/models/native-card.js';
import { NETWORK_FILE, type SavedModel } from '../../src/models/saved-model.js';
import { chooseModels } from '../../training/evaluation/models.js';
import { exportedGraph } from './exported-graph.js';

/**
 * Writes a saved model as an .onnx file.
 * @param model `models/x`, or `models/x/<version>`
 * @param out the file
 * @returns what was written, for a person
 * @throws InputError where the model cannot be used, or nothing can be written
 */
export async function exportModel(model: string, out: string): Promise<string> {
  const { label, saved } = (await chooseModels([model]))[0]!;
  const { folder, digest } = saved;
  if (isImportedCard(saved.card)) {
    throw new InputError(
      `${label} is an imported network; expected a model that train made: its graph is ${path.join(folder, NETWORK_FILE)}`,
    );
  }
  const { card, members } = await readVerified(folder, digest);
  const { neurons, name, version, stimulus } = card;
  const graph = exportedGraph(card, neurons.length, members, describeCard(card, digest));
  checkGolden(card, await goldenResponses(card, graph));
  await write(out, graph);
  return (
    `${out}: ${name} version ${version}, ${(graph.length / 2 ** 20).toFixed(1)} MiB\n` +
    `  takes ${STIMULI} [batch, ${stimulus.channels}, ${stimulus.height}, ${stimulus.width}], float32, pixels 0 to 1\n` +
    `  gives ${RESPONSES} [batch, ${neurons.length}], float32; its metadata names the neurons`
  );
}

/** Fields of the card that users of the graph need. */
function describeCard(card: ModelCard, digest: SavedModel['digest']): Record<string, string> {
  const { name, version, architecture, stimulus, response, neurons } = card;
  return {
    name,
    version: String(version),
    digest,
    architecture: architecture.id,
    neurons: JSON.stringify(neurons.map(({ id }) => id)),
    unit: response.unit,
    backgroundGray: String(stimulus.backgroundGray),
    degreesPerImage: JSON.stringify(stimulus.degreesPerImage),
  };
}

async function goldenResponses(card: ModelCard, graph: Uint8Array): Promise<Float32Array> {
  const { InferenceSession, Tensor } = await loadOnnxruntime();
  const session = await InferenceSession.create(graph, { logSeverityLevel: 3 });
  const golden = goldenStimuli(card);
  const { count, height, width, channels } = golden;
  const stimuli = new Tensor('float32', planar(golden), [count, channels, height, width]);
  const outputs = await session.run({ [STIMULI]: stimuli });
  await session.release();
  return outputs[RESPONSES]?.data as Float32Array;
}

async function write(file: string, bytes: Uint8Array): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeWhole(file, bytes);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new InputError(
      `--out ${file} cannot be written (${reason}): put that right, or choose another --out`,
      [],
      { cause },
    );
  }
}

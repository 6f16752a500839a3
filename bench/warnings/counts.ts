import type { ExperimentContext } from '../../src/experiments/context.js';
import { planProbe, ReceptiveFieldRequest } from '../../src/experiments/position-probe.js';
import { present } from '../../src/experiments/presentation.js';
import { runSweep } from '../../src/experiments/run-sweep.js';
import { respondWithReports } from '../../src/experiments/spread-warnings.js';
import type { ServedModel } from '../../src/inference/catalogue.js';
import type { Canvas } from '../../src/stimulus/stimuli.js';
import { planSweep, type Sweep } from '../../src/stimulus/sweep.js';
import type { Family } from './families.js';

interface Config {
  readonly model: ServedModel;
  readonly canvas: Canvas;
  readonly context: ExperimentContext;
}

/** @returns for each image whether the service warns of it where a client sends it */
export async function areWarned(
  { model, canvas, context }: Config,
  images: readonly Float32Array[],
): Promise<boolean[]> {
  const { height, width } = canvas;
  const pixels = new Float32Array(images.length * height * width);
  for (const [i, image] of images.entries()) pixels.set(image, i * height * width);
  const stimuli = { count: images.length, height, width, channels: 1 as const, pixels };
  const presented = await present(model, { stimuli, notes: images.map(() => []) });
  const { reports } = await respondWithReports(presented, context);
  return reports.map(({ warnings }) => warnings.length > 0);
}

/** How many stimuli the service warns of: those of the bench, and those that it renders where nothing is asked of it. */
export async function printCounts(config: Config, families: readonly Family[]): Promise<void> {
  const { model, canvas, context } = config;
  console.log('\n| stimuli | warned |\n|---|---|');
  for (const { name, images } of families) print(name, await areWarned(config, images));
  const discs = planProbe(ReceptiveFieldRequest.parse({}), canvas).sweep;
  const sent = Array.from(discs.paint(), ({ image }) => image.pixels);
  print('discs of the map of places, sent as stimuli', await areWarned(config, sent));
  const columns = Int32Array.from(model.card.neurons.keys());
  const sweeps: Readonly<Record<string, Sweep>> = {
    'discs of the map of places, as the map': discs,
    ...Object.fromEntries(
      ['orientation', 'spatialFrequency', 'diameter', 'contrast'].map((parameter) => [
        `default sweep of ${parameter}`,
        planSweep(
          {
            stimulus: { grating: {} },
            axes: [{ parameter, paths: { parameter, values: parameter } }],
          },
          canvas,
        ),
      ]),
    ),
  };
  for (const [name, sweep] of Object.entries(sweeps)) {
    const { reports } = await runSweep(model, sweep, columns, context);
    print(
      name,
      reports.map(({ warnings }) => warnings.length > 0),
    );
  }
}

function print(name: string, warned: readonly boolean[]): void {
  console.log(`| ${name} | ${warned.filter(Boolean).length} of ${warned.length} |`);
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { synthesizeSite, writeSite } from '../../training/synthetic/site.js';
import { exampleTest, runExample } from '../support/examples.js';
import { temporaryFolder } from '../support/store.js';
import { startTestService } from '../support/test-service.js';

const Errors = z.object({
  twin: z.array(z.number()),
  loop: z.array(z.number()),
  curve: z.array(z.number()),
});
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

exampleTest(
  'the search finds orientations that the twin has wrong by 25 degrees, in 50 trials each',
  async () => {
    const { stdout } = await runExample(['test/examples/search_orientations.py'], {
      folders: ['examples/psychopy'],
    });
    const { twin, loop, curve } = Errors.parse(JSON.parse(stdout));
    expect(twin).toHaveLength(20);
    // The parabola is within half a degree of the peak where orientations are 7.5 degrees apart.
    expect(Math.max(...curve)).toBeLessThan(0.5);
    expect(Math.min(...twin)).toBeGreaterThan(24);
    // A curve 30 degrees wide at half of its height, measured with noise of a fifth of it.
    expect(mean(loop)).toBeLessThan(5);
  },
);

exampleTest(
  'the closed loop trains a twin, runs its trials without a screen, and gives them to the dataset',
  async () => {
    const folder = await temporaryFolder();
    await writeSite(
      folder,
      synthesizeSite({
        ...{ site: 's', seed: 1, neurons: 3, images: 100, validation: 20, repeats: 2 },
        surround: true,
      }),
    );
    const [models, data, out] = await Promise.all([
      temporaryFolder(),
      temporaryFolder(),
      temporaryFolder(),
    ]);
    const { url } = await startTestService({
      ...{ MODELS_DIR: models, DATA_DIR: data, ALLOW_TRAINING: '1', ENGINE: 'onnx' },
    });
    const { stdout, stderr } = await runExample([
      'examples/psychopy/loop.py',
      ...['--url', url, '--site', folder, '--out', out],
      ...['--recipe', 'linear', '--epochs', '1', '--neurons', '2', '--trials', '24'],
    ]);
    expect(stderr).toContain('PsychoPy is not installed');
    expect(stdout).toContain('24 trials with no screen; the dataset keeps 24');

    const [head, ...rows] = (await readFile(join(out, 'trials.csv'), 'utf8')).trim().split('\r\n');
    const names = head!.split(',');
    const trials = rows.map((row) =>
      Object.fromEntries(row.split(',').map((cell, i) => [names[i]!, Number(cell)])),
    );
    expect(trials).toHaveLength(24);
    expect(new Set(trials.map((trial) => trial['neuron'])).size).toBe(2);
    let before = 0;
    for (const trial of trials) {
      const { sent, received, returned, answered, shown, clock_error: error } = trial;
      expect(sent).toBeGreaterThan(before);
      expect(received! - sent!).toBeGreaterThanOrEqual(-error!);
      expect(returned).toBeGreaterThanOrEqual(received!);
      expect(answered! - returned!).toBeGreaterThanOrEqual(-error!);
      expect(shown).toBeGreaterThan(answered!);
      before = shown!;
    }
    const figure = await readFile(join(out, 'found.png'));
    expect(figure.toString('latin1', 1, 4)).toBe('PNG');
  },
);

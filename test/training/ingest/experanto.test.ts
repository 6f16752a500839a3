import { execFileSync } from 'node:child_process';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { FORMATS, openLabFile } from '../../../training/ingest/formats.js';
import type { LabFile } from '../../../training/ingest/lab-file.js';
import { labFilePackages, testWith } from '../../support/capabilities.js';
import { temporaryFolder } from '../../support/store.js';

const PYTHON = labFilePackages();
const test = testWith(PYTHON);

async function open(place: string): Promise<LabFile> {
  const file = await openLabFile(place, FORMATS);
  onTestFinished(() => file.close());
  return file;
}

/** Six trials: images 0, 1, 2, a blank screen, a video, and an image of a tier that is unknown. */
const SCRIPT = `
import json, numpy, os, sys
combined, memory = sys.argv[1] == 'combined', sys.argv[2] == 'memory'
for name in ['screen/data', 'screen/meta', 'responses/meta', 'spikes', 'treadmill']:
    os.makedirs(name)
random = numpy.random.default_rng(1)
trials = [('image', 'train'), ('image', 'test'), ('blank', None), ('image', 'validation'), ('video', 'train'), ('image', 'oracle')]
numpy.save('screen/timestamps.npy', numpy.arange(7) * 0.5 + 10)
metas = {}
for i, (modality, tier) in enumerate(trials):
    pixels = random.integers(0, 256, (4, 6), dtype='u1')
    numpy.save(f'screen/data/{i:05d}.npy', pixels)
    metas[f'{i:05d}'] = {'modality': modality, 'tier': tier, 'first_frame_idx': i, 'image_size': [4, 6], 'num_frames': 1}
if combined:
    json.dump(metas, open('screen/combined_meta.json', 'w'))
for key, meta in metas.items():
    json.dump(meta, open(f'screen/meta/{key}.yml', 'w'))
traces = random.normal(size=(40, 3)).astype('f4')
traces.tofile('traces')
traces.tofile('responses/data.mem') if memory else numpy.save('responses/data.npy', traces)
numpy.save('responses/meta/phase_shifts.npy', numpy.array([0, 0.01, 0.05]))
meta = {'modality': 'sequence', 'n_signals': 3, 'start_time': 9.5, 'end_time': 14.5, 'sampling_rate': 8.0, 'phase_shift_per_signal': memory, 'n_timestamps': 40, 'dtype': 'float32', 'is_mem_mapped': memory}
json.dump(meta, open('responses/meta.yml', 'w'))
spikes = numpy.array([9.6, 10.25, 11, 9.75, 12])
spikes.tofile('spikes/spikes.npy') if memory else numpy.save('spikes/spikes.npy', spikes)
json.dump({'modality': 'spikes', 'n_signals': 2, 'spike_indices': [0, 3, 5], 'start_time': 9.5, 'end_time': 14.5}, open('spikes/meta.yml', 'w'))
json.dump({'modality': 'sequence'}, open('treadmill/meta.yml', 'w'))
`;

async function make(metas: 'combined' | 'single', samples: 'memory' | 'npy') {
  const folder = await temporaryFolder();
  execFileSync(PYTHON.python, ['-c', SCRIPT, metas, samples], { cwd: folder });
  return folder;
}

test('a recording has the trials, traces and spikes that Python wrote', async () => {
  for (const [metas, samples, shift] of [
    ['combined', 'memory', 0.02],
    ['single', 'npy', 0],
  ] as const) {
    const folder = await make(metas, samples);
    const { format, images, presentations, responses, notes } = await open(folder);
    expect(format).toBe('experanto');
    expect(images).toMatchObject([{ count: 3, height: 4, width: 6, channels: 1, element: 'u1' }]);
    const pixels: number[] = [];
    for (const i of [0, 1, 3]) {
      const file = await readFile(path.join(folder, `screen/data/0000${i}.npy`));
      pixels.push(...file.subarray(-24));
    }
    expect([...(await images[0]!.read(0, 3))]).toEqual(pixels);
    const { image, onset, tier } = await presentations[0]!.read();
    expect([...image]).toEqual([0, 1, -1, 2]);
    expect([...onset!]).toEqual([10, 10.5, 11, 11.5]);
    expect(tier).toEqual(['train', 'test', 'train', 'validation']);
    const [traces, spikes] = responses;
    if (traces?.kind !== 'traces' || spikes?.kind !== 'spikes')
      throw new Error('both are expected');
    const times = await traces.times();
    expect(times).toHaveLength(40);
    expect(times[0]).toBeCloseTo(9.5 + shift, 12);
    expect(times[39]).toBeCloseTo(9.5 + shift + 39 / 8, 12);
    const written = await readFile(path.join(folder, 'traces'));
    expect(Buffer.from((await traces.read(0, 40)).buffer).equals(written)).toBe(true);
    expect(Buffer.from((await traces.read(7, 5)).buffer).equals(written.subarray(84, 144))).toBe(
      true,
    );
    expect([...(await spikes.spikes(0))]).toEqual([9.6, 10.25, 11]);
    expect([...(await spikes.spikes(1))]).toEqual([9.75, 12]);
    expect(await spikes.observed(0)).toEqual([[9.5, 14.5]]);
    const shifted =
      'Times of responses are the mean of its neurons, which were sampled up to 30 ms earlier or later.';
    expect(notes).toEqual([
      "Trials of the modality 'video' are left out: 1.",
      "Trials of the tier 'oracle' are left out: 1.",
      ...(samples === 'memory' ? [shifted] : []),
      'What is in treadmill is not read.',
    ]);
  }
});

test('what is missing, cut off or does not fit is named', async () => {
  const folder = await make('combined', 'memory');
  const change = async (file: string, from: string, to: string) => {
    const text = await readFile(path.join(folder, file), 'utf8');
    await writeFile(path.join(folder, file), text.replace(from, to));
    return () => writeFile(path.join(folder, file), text);
  };
  let undo = await change('spikes/meta.yml', '[0, 3, 5]', '[0, 3, 4]');
  await expect(open(folder)).rejects.toThrow(
    'spike_indices of spikes/ do not fit: 3 from 0 to 4; expected 3 ascending ones from 0 to 5',
  );
  await undo();
  undo = await change('responses/meta.yml', '"n_signals": 3, ', '');
  await expect(open(folder)).rejects.toThrow('responses/meta.yml is wrong at n_signals');
  await undo();
  undo = await change('screen/combined_meta.json', '"first_frame_idx": 3', '"first_frame_idx": 9');
  await expect(open(folder)).rejects.toThrow(
    'trial 00003 of the screen has the frame 9; expected 0 to 6, as timestamps.npy has',
  );
  await undo();
  await truncate(path.join(folder, 'responses/data.mem'), 470);
  await expect(open(folder)).rejects.toThrow(
    'responses/data.mem is cut off or too long: it has 470 bytes; expected 40 x 3 x 4',
  );
  await rm(path.join(folder, 'screen/data/00000.npy'));
  await expect(open(folder)).rejects.toThrow(`${folder}: screen/data/00000.npy is missing`);
});

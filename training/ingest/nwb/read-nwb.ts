import { InputError } from '../../../src/errors.js';
import { textAttribute } from '../hdf5/find.js';
import type { Hdf5File } from '../hdf5/open-hdf5.js';
import type { LabFile } from '../lab-file.js';
import { type Findings, leftOutNotes, requireSome } from '../left-out.js';
import { comparePresentations } from './compare-presentations.js';
import { findImages, type NwbImages, unordered } from './images.js';
import { findPresentations, findSplits, type NwbPresentations } from './presentations.js';
import { findTraces } from './roi-series.js';
import { findUnits } from './units.js';

export function isNwb(file: Hdf5File): boolean {
  return textAttribute(file.find('/'), 'nwb_version') !== undefined;
}

/** Leaves out images without an order whose names say nothing either. */
function withoutUnordered(
  { found, reasons }: Findings<NwbImages>,
  presentations: readonly NwbPresentations[],
): Findings<NwbImages> {
  const isUsed = ({ name, isOrdered }: NwbImages) =>
    isOrdered || presentations.some(({ images }) => images === name);
  const unused = found.filter((images) => !isUsed(images));
  return {
    found: found.filter(isUsed),
    reasons: [...reasons, ...unused.map((images) => unordered(images).message)],
  };
}

/**
 * Finds images, presentations and responses of a file of NWB 2.
 * @param place for messages
 * @throws InputError where one of the three is missing, or cannot be used
 */
export async function readNwb(file: Hdf5File, place: string): Promise<LabFile> {
  const version = textAttribute(file.find('/'), 'nwb_version') ?? 'unknown';
  if (!version.startsWith('2.')) {
    throw new InputError(`${place} is of NWB ${version}; expected NWB 2`);
  }
  const all = await findImages(file);
  const presentations = await findPresentations(file, all.found);
  const images = withoutUnordered(all, presentations.found);
  requireSome(
    images,
    `${place} has no images; expected Images, ImageSeries or OpticalSeries in /stimulus`,
  );
  requireSome(
    presentations,
    `${place} does not say which image was presented when; expected an IndexSeries in /stimulus/presentation, or a ` +
      `table in /intervals with a column such as frame or image_index${columnsOf(file)}`,
  );
  const spikes = await findUnits(file);
  const traces = await findTraces(file);
  const responses = {
    found: [...spikes.found, ...traces.found],
    reasons: [...spikes.reasons, ...traces.reasons],
  };
  requireSome(responses, `${place} has no responses; expected Units or a RoiResponseSeries`);
  const { kept, notes } = comparePresentations(presentations.found);
  return {
    format: `NWB ${version}`,
    images: images.found,
    presentations: kept.map(({ name, images: of, conflict, image, onset }) => ({
      ...{ name, images: of, conflict, count: image.length },
      read: async () => ({ image, onset, tier: undefined }),
    })),
    responses: responses.found,
    splits: findSplits(file),
    notes: [...notes, ...leftOutNotes(images, presentations, responses)],
    close: () => file.close(),
  };
}

/** Columns of the tables that there are, for a person who looks for the right name. */
function columnsOf(file: Hdf5File): string {
  const names = findSplits(file).map(({ name }) => name);
  return names.length === 0 ? '' : `; there are ${names.join(', ')}`;
}

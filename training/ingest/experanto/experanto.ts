import { InputError } from '../../../src/errors.js';
import { type FileTree, openFileTree } from '../arrays/file-tree.js';
import type { LabFormat } from '../formats.js';
import type { LabFile, ResponseSource } from '../lab-file.js';
import { naming } from '../read-file.js';
import { readMeta, Signals } from './read-meta.js';
import { readScreen } from './screen.js';
import { openSpikes, openTraces } from './signals.js';

const SCREEN = /^(.*\/)?screen\/timestamps\.npy$/;
/** Folders whose signals are responses; others are of the eyes or of behaviour. */
const RESPONSES = ['responses', 'spikes'];

/** A recording as experanto has it. */
export const EXPERANTO: LabFormat = {
  name: 'a folder of experanto',
  async matches(place) {
    const tree = await openFileTree(place).catch(() => undefined);
    await tree?.close();
    return tree?.names.some((name) => SCREEN.test(name)) ?? false;
  },
  async open(place) {
    return await naming(place, async () => {
      const tree = (await openFileTree(place))!;
      try {
        return await readExperanto(tree);
      } catch (error) {
        await tree.close();
        throw error;
      }
    });
  },
};

async function readExperanto(tree: FileTree): Promise<LabFile> {
  const screens = tree.names.filter((name) => SCREEN.test(name));
  if (screens.length > 1) {
    throw new InputError(
      `it holds ${screens.length} recordings: ${screens.join(', ')}; expected one: give its own folder`,
    );
  }
  const root = SCREEN.exec(screens[0]!)![1] ?? '';
  const { images, presentations, notes } = await readScreen(tree, `${root}screen/`);
  const responses: ResponseSource[] = [];
  const unread: string[] = [];
  for (const file of tree.names) {
    const name = /^([^/]+)\/meta\.yml$/.exec(file.slice(root.length))?.[1];
    if (name === undefined || name === 'screen' || !file.startsWith(root)) continue;
    if (!RESPONSES.includes(name)) {
      unread.push(name);
      continue;
    }
    const meta = await readMeta(tree, file, Signals);
    const folder = `${root}${name}/`;
    if (meta.modality === 'spikes') {
      responses.push(await openSpikes(tree, folder, name, meta));
    } else {
      const traces = await openTraces(tree, folder, name, meta);
      responses.push(traces.source);
      notes.push(...traces.notes);
    }
  }
  if (responses.length === 0) {
    throw new InputError(`no folder has responses; expected one of ${RESPONSES.join(', ')}`);
  }
  if (unread.length > 0) notes.push(`What is in ${unread.join(' and ')} is not read.`);
  return {
    format: 'experanto',
    ...{ images: [images], presentations: [presentations], responses, notes },
    close: tree.close,
  };
}

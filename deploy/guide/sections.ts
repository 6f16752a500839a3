import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { REFERENCE } from './reference/tags.js';

/** The documents outside docs/ that the guide shows, and their pages. */
export const ROOT_PAGES: Readonly<Record<string, string>> = {
  'README.md': 'readme.md',
  'CHANGELOG.md': 'changelog.md',
};

interface Group {
  readonly text: string;
  readonly collapsed: boolean;
  readonly items: { text: string; link: string }[];
}

/** The title of each page in the side bar. */
const GROUPS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Start: {
    readme: 'First steps',
    page: 'The page',
    requests: 'Requests over HTTP',
    gallery: 'Gallery',
  },
  Clients: {
    python: 'Python',
    notebooks: 'Notebooks',
    matlab: 'MATLAB and Octave',
    typescript: 'TypeScript and JavaScript',
    stream: 'Streams in closed loop',
    rigs: 'Rigs',
  },
  'Stimuli and tuning': {
    stimuli: 'Stimuli',
    tuning: 'Tuning',
    characterize: 'Characterize neurons',
    interpret: 'Interpret networks',
    jobs: 'Jobs',
  },
  'Recordings and training': {
    recordings: 'Recordings',
    train: 'Train',
    networks: 'Networks and ensembles',
    trials: 'Trials of a session',
    import: 'Import a network',
  },
  Operations: {
    serve: 'Run the service',
    scale: 'Several machines',
    gpu: 'GPU',
    reliability: 'Reliability',
    performance: 'Performance',
  },
};

const REFERENCE_PAGES: Readonly<Record<string, string>> = {
  api: 'API',
  ...Object.fromEntries(REFERENCE.map(({ tag, title }) => [`api-${tag}`, title])),
  'api-schemas': 'Schemas',
  changelog: 'Changes',
};

/** The pages of a folder of Markdown, such as `jobs`, with their headings. */
export function listPages(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'index.md');
  return new Map(
    files.sort().map((file) => {
      const heading = /^# (.+)$/m.exec(readFileSync(path.join(folder, file), 'utf8'))?.[1];
      const name = file.slice(0, -'.md'.length);
      return [name, heading ?? name];
    }),
  );
}

/**
 * The side bar of the guide. Pages that belong to no group come before the reference, under their headings.
 * @param pages that exist, with their headings
 */
export function sideBar(pages: ReadonlyMap<string, string>): Group[] {
  const groups = Object.entries(GROUPS).map(([text, titles]) => {
    return group(
      text,
      Object.entries(titles).filter(([page]) => pages.has(page)),
    );
  });
  const placed = new Set([...Object.values(GROUPS), REFERENCE_PAGES].flatMap(Object.keys));
  const others = [...pages].filter(([page]) => !placed.has(page));
  return [
    ...groups,
    ...(others.length > 0 ? [group('More', others)] : []),
    group('Reference', Object.entries(REFERENCE_PAGES)),
  ];
}

function group(text: string, pages: readonly (readonly [string, string])[]): Group {
  const items = pages.map(([page, title]) => ({ text: title, link: `/${page}` }));
  return { text, items, collapsed: false };
}

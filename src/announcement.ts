import type { Catalogue } from './inference/catalogue.js';
import type { EngineDescription } from './inference/engine.js';

/** The folder where something is kept, or why it cannot be. */
export type Keeping =
  | {
      readonly folder: string;
      /** What else is needed for it, such as a Redis. */
      readonly through?: string | undefined;
      readonly warning?: string | undefined;
    }
  | { readonly unusable: string };

/** Where the service listens. */
interface Listening {
  readonly url: string;
  /** Of the port for streams over plain TCP, where it is open. */
  readonly streamsUrl?: string | undefined;
}

export interface Installation {
  /** Whether the guide is built. */
  readonly hasGuide: boolean;
  /** A file to try a request with. */
  readonly image: string;
}

/** Models that the announcement lists. */
const MAX_LINES = 20;

/** A step of the start that is done, in the form in which deploy/prepare.mjs reports its own. */
export function stepLine(step: string, result: string, milliseconds: number): string {
  return `${step} ... ${result}, ${(milliseconds / 1000).toFixed(1)} s\n`;
}

/**
 * What a person sees once the service is ready: what it serves, on what, and where to look.
 * @param here what the installation has
 * @param modelWarning what is wrong with settings of models
 */
export function announcement(
  { url, streamsUrl }: Listening,
  engine: EngineDescription,
  { served, unusable }: Catalogue,
  keeping: { readonly sets: Keeping; readonly jobs: Keeping },
  here: Installation,
  modelWarning?: string,
): string {
  const all = [
    ...served.map(({ name, version, card, precision = 'float32' }) => {
      const neurons = card.neurons.length;
      const note = precision === engine.precision ? '' : `, in ${precision}`;
      return `${name}/${version}  ${card.architecture.id}, ${neurons} neuron${neurons === 1 ? '' : 's'}${note}`;
    }),
    ...unusable.map(({ name, version, reason }) => `${name}/${version}  not served: ${reason}`),
  ];
  const more = all.length - MAX_LINES;
  const models =
    more > 0 ? [...all.slice(0, MAX_LINES), `and ${more} more: ${url}/v1/models`] : all;
  const name = served[0]?.name ?? '{model}';
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['engine', [`${engine.name}, ${engine.device}`]],
    [
      'models',
      models.length > 0
        ? models
        : ['none: train one (see README.md) or name another MODELS_DIR, then start again'],
    ],
    ['', modelWarning === undefined ? [] : [modelWarning]],
    ['sets', inWords(keeping.sets)],
    ['jobs', inWords(keeping.jobs)],
    ['streams', streamsUrl === undefined ? [] : [streamsUrl]],
    ['open', [`${url}/ in a browser`, `${url}/docs`, `${url}/metrics`]],
    ['read', [here.hasGuide ? `${url}/guide/` : 'README.md, docs/requests.md']],
    [
      'try',
      [
        `curl -H 'Content-Type: image/png' --data-binary @${here.image} \\`,
        `  ${url}/v1/models/${name}/responses`,
      ],
    ],
  ];
  const lines = rows.flatMap(([title, texts]) =>
    texts.map((text, i) => `  ${(i === 0 ? title : '').padEnd(8)}${text}`),
  );
  return [`Hypercolumn is ready at ${url}`, ...lines, ''].join('\n');
}

function inWords(keeping: Keeping): string[] {
  if ('unusable' in keeping) return [`none: ${keeping.unusable}`];
  const { folder, through, warning } = keeping;
  const kept = `kept in ${folder}`;
  return [
    through === undefined ? kept : `through ${through}, ${kept}`,
    ...(warning === undefined ? [] : [warning]),
  ];
}

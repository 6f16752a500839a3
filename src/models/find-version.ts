import { InputError } from '../errors.js';
import type { ModelSource, ModelVersion, SourceCard } from './model-source.js';

/** A model as a request names it. */
export interface AskedModel {
  readonly name: string;
  /** Without it the latest one is meant. */
  readonly version?: number | undefined;
}

/** A version of a model, and what is read of it without its weights. */
export interface FoundVersion extends ModelVersion, SourceCard {}

/**
 * Finds a version of a model.
 * @throws InputError where there is none, or its card cannot be used
 * @example
 * const { version, card } = await findVersion(source, { name: 'tang' });
 */
export async function findVersion(
  models: Pick<ModelSource, 'list' | 'readCard'>,
  { name, version: asked }: AskedModel,
): Promise<FoundVersion> {
  const { versions } = await models.list(name);
  const version = asked ?? versions.at(-1)?.version;
  if (version === undefined || !versions.some((each) => each.version === version)) {
    const model = asked === undefined ? name : `${name}/${asked}`;
    throw new InputError(`unknown model: ${model}; expected one that GET /v1/models lists`);
  }
  const read = await models.readCard({ name, version }).catch((error: unknown) => {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${name}/${version}: ${error.message}`, [], { cause: error });
  });
  return { name, version, ...read };
}

import { LRUCache } from 'lru-cache';
import { readUnchanged } from '../inference/verified-model.js';
import type { ModelSource } from '../models/model-source.js';
import { isImportedCard } from '../models/native-card.js';
import type { Backend } from '../network/backends/open.js';
import { createImportedInterpreter, type ImportedModel } from './imported-interpreter.js';
import type { InterpretedModel, Interpreter } from './interpreter.js';
import { createTfjsInterpreter } from './tfjs-interpreter.js';

/** Models for which the interpreter remembers whether their network is imported. */
const MAX_KNOWN = 64;

/**
 * Interprets in this process: imported networks with onnxruntime, all others with tfjs.
 * @param models where the files of a model are
 */
export function createLocalInterpreter(
  backend: Backend,
  models: Pick<ModelSource, 'localFolder'>,
): Interpreter {
  const [native, imported] = [createTfjsInterpreter(backend, models), createImportedInterpreter()];
  /** By digest; null for a model whose network is not imported. */
  const known = new LRUCache<string, { readonly saved: ImportedModel | null }>({ max: MAX_KNOWN });

  return {
    async interpret(request) {
      const saved = await findImported(request.model);
      return saved ? imported.interpret(request) : native.interpret(request);
    },
    async gradient(request) {
      const saved = await findImported(request.model);
      return saved ? imported.gradient(saved, request) : native.gradient(request);
    },
    async maximise(request, signal) {
      const saved = await findImported(request.model);
      return saved ? imported.maximise(saved, request, signal) : native.maximise(request, signal);
    },
    async close() {
      imported.close();
      await native.close();
    },
  };

  async function findImported({
    name,
    version,
    digest,
  }: InterpretedModel): Promise<ImportedModel | null> {
    const found = known.get(digest);
    if (found) return found.saved;
    const folder = await models.localFolder({ name, version }, digest);
    const { card, ...rest } = await readUnchanged(folder, digest);
    const saved = isImportedCard(card) ? { ...rest, card } : null;
    known.set(digest, { saved });
    return saved;
  }
}

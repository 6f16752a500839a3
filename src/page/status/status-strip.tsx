import type { ModelList } from '../state/models.js';
export function StatusStrip({ engine }: { readonly engine: ModelList['engine'] }) {
  return <footer class="status">{engine.name}</footer>;
}
